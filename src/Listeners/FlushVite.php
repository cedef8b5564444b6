<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Vite;
use Illuminate\Foundation\ViteFonts;

/**
 * Forgets the assets of a page and its nonce, and reads the manifest again.
 */
final class FlushVite
{
    private ClassState $manifests;

    private ?ObjectState $state = null;

    public function __construct(Application $app)
    {
        $this->manifests = new ClassState([Vite::class => ['manifests'], ViteFonts::class => ['manifests']]);

        if ($app->resolved(Vite::class)) {
            $this->state = ObjectState::except($app->make(Vite::class));
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->manifests->restore();
        $this->state?->restore();
    }
}
