<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Laravel\Socialite\Contracts\Factory;

/**
 * Has Socialite make its drivers anew: each keeps the request it was made for.
 */
final class PrepareSocialite
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($event->app->resolved(Factory::class)) {
            $event->app->make(Factory::class)->forgetDrivers();
        }
    }
}
