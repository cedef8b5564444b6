<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Contracts\Foundation\Application;
use Laravel\Socialite\Contracts\Factory;

/**
 * Has Socialite make its drivers anew: each keeps the request it was made for.
 */
final class PrepareSocialite
{
    private ?Factory $socialite;

    public function __construct(Application $app)
    {
        $this->socialite = $app->resolved(Factory::class) ? $app->make(Factory::class) : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->socialite?->forgetDrivers();
    }
}
