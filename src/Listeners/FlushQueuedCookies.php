<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;

/**
 * Drops the cookies that were queued and never sent.
 */
final class FlushQueuedCookies
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($event->app->resolved('cookie')) {
            $event->app->make('cookie')->flushQueuedCookies();
        }
    }
}
