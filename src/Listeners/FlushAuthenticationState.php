<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;

/**
 * Forgets who was logged in.
 */
final class FlushAuthenticationState
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($event->app->resolved('auth.driver')) {
            $event->app->forgetInstance('auth.driver');
        }

        if ($event->app->resolved('auth')) {
            $event->app->make('auth')->forgetGuards();
        }
    }
}
