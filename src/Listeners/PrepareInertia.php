<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Inertia\ResponseFactory;

/**
 * Shares with Inertia's pages what was shared while booting, and nothing of a request.
 */
final class PrepareInertia
{
    private ?ObjectState $state = null;

    public function __construct(Application $app)
    {
        if ($app->resolved(ResponseFactory::class)) {
            // Its own `flushShared()` would drop what a provider shares as well.
            $this->state = ObjectState::except($app->make(ResponseFactory::class));
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->state?->restore();
    }
}
