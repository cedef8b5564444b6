<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Closure;
use Illuminate\Contracts\Foundation\Application;

/**
 * Removes the event listeners that a request registered.
 *
 * A provider that is registered when a request first needs it registers its
 * listeners each time, and each of them would be called once more.
 */
final class RestoreEventListeners
{
    private const PROPERTIES = [
        'listeners', 'wildcards', 'queueResolver', 'transactionManagerResolver',
        'deferredEvents', 'deferringEvents', 'eventsToDefer',
    ];

    /** Names of events that are remembered with the patterns they match. */
    private const NAMES_MAX = 1000;

    private object $events;

    private ObjectState $state;

    private ObjectState $matches;

    /** @var Closure(): array{array<string, mixed>, int} */
    private Closure $patterns;

    /** @var array<string, mixed> */
    private array $kept;

    public function __construct(Application $app)
    {
        $this->events = $app->make('events');
        $this->patterns = Closure::bind(
            fn (): array => [$this->wildcards ?? [], count($this->wildcardsCache ?? [])],
            $this->events,
            $this->events::class,
        );
        $this->keep();
    }

    /** Make the listeners that are registered now the ones to go back to. */
    public function keep(): void
    {
        $this->state = ObjectState::of($this->events, self::PROPERTIES);
        $this->matches = ObjectState::of($this->events, ['wildcardsCache']);
        [$this->kept] = ($this->patterns)();
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        [$patterns, $names] = ($this->patterns)();
        $this->state->restore();

        if ($patterns !== $this->kept || $names > self::NAMES_MAX) {
            $this->matches->restore();
        }
    }
}
