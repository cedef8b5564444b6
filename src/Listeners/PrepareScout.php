<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Laravel\Scout\EngineManager;

/**
 * Has Scout make its search engines anew, as configured.
 */
final class PrepareScout
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($event->app->resolved(EngineManager::class)) {
            $event->app->make(EngineManager::class)->forgetEngines();
        }
    }
}
