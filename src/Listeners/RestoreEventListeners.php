<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;

/**
 * Removes the event listeners that a request registered.
 *
 * A provider that is registered when a request first needs it registers its
 * listeners each time, and each of them would be called once more.
 */
final class RestoreEventListeners
{
    /** @var list<string> */
    private const PROPERTIES = [
        'listeners', 'wildcards', 'wildcardsCache', 'queueResolver', 'transactionManagerResolver',
        'deferredEvents', 'deferringEvents', 'eventsToDefer',
    ];

    private object $events;

    private ObjectState $state;

    public function __construct(Application $app)
    {
        $this->events = $app->make('events');
        $this->keep();
    }

    /** Make the listeners that are registered now the ones to go back to. */
    public function keep(): void
    {
        $this->state = ObjectState::of($this->events, self::PROPERTIES);
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->state->restore();
    }
}
