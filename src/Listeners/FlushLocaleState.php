<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Foundation\Application;
use Illuminate\Translation\Translator;

/**
 * Speaks the configured language again.
 */
final class FlushLocaleState
{
    private string $locale;

    private string $fallback;

    private ?Translator $translator;

    public function __construct(private Application $app)
    {
        $this->translator = $app->resolved('translator') ? $app->make('translator') : null;
        // The configuration is put back ahead of this: what it said first, it says always.
        $this->locale = $app->getLocale();
        $this->fallback = $app->getFallbackLocale();
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($this->translator === null) {
            return;
        }

        if ($this->translator->getLocale() !== $this->locale) {
            // Through the application, so that dates and packages hear of it too.
            $this->app->setLocale($this->locale);
        }

        if ($this->translator->getFallback() !== $this->fallback) {
            $this->translator->setFallback($this->fallback);
        }
    }
}
