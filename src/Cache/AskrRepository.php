<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Illuminate\Cache\Repository;
use Illuminate\Events\Dispatcher;

/**
 * A cache that tells of what it does only if somebody listens.
 *
 * Dispatching an event that nobody wants takes several times as long as reading the
 * store. A fake, or any other dispatcher than Laravel's own, is told of everything.
 */
class AskrRepository extends Repository
{
    /** Dispatch an event that has listeners. */
    protected function event($event): void
    {
        $events = $this->events;

        if ($events === null || ($events::class === Dispatcher::class && ! $events->hasListeners($event::class))) {
            return;
        }

        $events->dispatch($event);
    }
}
