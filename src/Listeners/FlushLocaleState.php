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
    private string $locale;

    private string $fallback;

    public function __construct(Application $app)
    {
        // The configuration is put back ahead of this: what it said first, it says always.
        $this->locale = $app->getLocale();
        $this->fallback = $app->getFallbackLocale();
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $app = $event->app;

        if (! $app instanceof Application || ! $app->resolved('translator')) {
            return;
        }

        $translator = $app->make('translator');

        if ($translator->getLocale() !== $this->locale) {
            // Through the application, so that dates and packages hear of it too.
            $app->setLocale($this->locale);
        }

        if ($translator->getFallback() !== $this->fallback) {
            $translator->setFallback($this->fallback);
        }
    }
}
