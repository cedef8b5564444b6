<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;

/**
 * Forgets who was logged in, and how a request wanted that to be found out.
 */
final class FlushAuthenticationState
{
    private ?ObjectState $state = null;

    public function __construct(Application $app)
    {
        if ($app->resolved('auth')) {
            $this->state = ObjectState::of($app->make('auth'), [
                'customCreators', 'customProviderCreators', 'userResolver',
            ]);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($event->app->resolved('auth.driver')) {
            $event->app->forgetInstance('auth.driver');
        }

        if ($this->state !== null) {
            $this->state->restore();
            $event->app->make('auth')->forgetGuards();
        }
    }
}
