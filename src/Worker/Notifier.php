<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Octane\EventTwins;
use Askr\Laravel\Octane\Installation;
use Illuminate\Contracts\Events\Dispatcher;
use Illuminate\Contracts\Foundation\Application;

/**
 * Tells the listeners of `config/askr.php`, then the application's own, what happened.
 *
 * The configured listeners are made once and called directly: they run ahead of
 * every request, and what renews its state must not depend on a dispatcher that
 * the application can replace, fake or stop.
 */
class Notifier
{
    /** @var array<class-string, list<object>> */
    private array $listeners = [];

    private Dispatcher $events;

    private bool $isOctanePresent;

    public function __construct(private Application $app)
    {
        $this->events = $app->make('events');
        $this->isOctanePresent = Installation::isPresent();
    }

    /**
     * Make the listeners of some events, and load the events.
     *
     * Those that put state back look, while they are made, at what to put back.
     * What is loaded here is not loaded by each worker that is forked later.
     */
    public function prepare(string ...$events): void
    {
        foreach ($events as $event) {
            class_exists($event);
            $this->listeners[$event] ??= $this->make($event);
        }
    }

    /** Whether anything listens for the event. */
    public function isHeard(string $event): bool
    {
        return ($this->listeners[$event] ??= $this->make($event)) !== [] || $this->events->hasListeners($event);
    }

    /** Run everything that listens for the event. */
    public function notify(object $event): void
    {
        foreach ($this->listeners[$event::class] ??= $this->make($event::class) as $listener) {
            $listener->handle($event);
        }

        if ($this->events->hasListeners($event::class)) {
            $this->events->dispatch($event);
        }

        if ($this->isOctanePresent && ($twin = EventTwins::of($event)) !== null) {
            // Whether somebody listens or not: some listen for an interface of it.
            $this->events->dispatch($twin);
        }
    }

    /** @return list<object> */
    private function make(string $event): array
    {
        $classes = $this->app->make('config')->get('askr.listeners', [])[$event] ?? [];

        return array_map($this->app->make(...), array_values($classes));
    }
}
