<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;

/**
 * Forgets how a request wanted texts to be found, and the keys it asked for.
 *
 * Visitors can name keys, so that a list of all of them would grow without end. The
 * files with the texts are read once.
 */
final class RestoreTranslator
{
    private ?ObjectState $state = null;

    public function __construct(Application $app)
    {
        if ($app->resolved('translator')) {
            $this->state = ObjectState::of($app->make('translator'), [
                'loader', 'selector', 'determineLocalesUsing', 'stringableHandlers', 'parsed',
                'missingTranslationKeyCallback', 'handleMissingTranslationKeys',
            ]);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->state?->restore();
    }
}
