<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Foundation\Application;

/**
 * Speaks the configured language again.
 */
final class FlushLocaleState
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $app = $event->app;

        if (! $app instanceof Application || ! $app->resolved('translator')) {
            return;
        }

        $translator = $app->make('translator');

        if ($translator->getLocale() !== $app->getLocale()) {
            // Through the application, so that dates and packages hear of it too.
            $app->setLocale($app->getLocale());
        }

        if ($translator->getFallback() !== $app->getFallbackLocale()) {
            $translator->setFallback($app->getFallbackLocale());
        }
    }
}
