<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Contracts\Foundation\Application;
use Livewire\LivewireManager;

/**
 * Tells Livewire that a new page begins: its scripts and styles are to be sent again.
 */
final class PrepareLivewire
{
    private ?LivewireManager $livewire;

    public function __construct(Application $app)
    {
        $this->livewire = $app->resolved(LivewireManager::class) ? $app->make(LivewireManager::class) : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->livewire?->flushState();
    }
}
