<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Livewire\LivewireManager;

/**
 * Tells Livewire that a new page begins: its scripts and styles are to be sent again.
 */
final class PrepareLivewire
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($event->app->resolved(LivewireManager::class)) {
            $event->app->make(LivewireManager::class)->flushState();
        }
    }
}
