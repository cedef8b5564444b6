<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache\Concerns;

use Illuminate\Events\Dispatcher;

/**
 * Tells of what a cache does only if somebody listens.
 *
 * Dispatching an event that nobody wants takes several times as long as reading the
 * store. A fake, or any other dispatcher than Laravel's own, is told of everything.
 */
trait TellsListenersOnly
{
    /** Dispatch an event that has listeners. */
    protected function event($event): void
    {
        $events = $this->events;

        if ($events !== null && ($events::class !== Dispatcher::class || $events->hasListeners($event::class))) {
            parent::event($event);
        }
    }
}
