<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Contracts\Foundation\Application;
use Laravel\Scout\EngineManager;

/**
 * Has Scout make its search engines anew, as configured.
 */
final class PrepareScout
{
    private ?EngineManager $engines;

    public function __construct(Application $app)
    {
        $this->engines = $app->resolved(EngineManager::class) ? $app->make(EngineManager::class) : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->engines?->forgetEngines();
    }
}
