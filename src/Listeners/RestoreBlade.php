<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Contracts\View\Engine;
use Illuminate\View\Engines\CompilerEngine;

/**
 * Forgets the directives a request added, and looks at the files of the views again.
 */
final class RestoreBlade
{
    /** @var list<ObjectState> */
    private array $states = [];

    public function __construct(Application $app)
    {
        if ($app->resolved('blade.compiler')) {
            $this->states[] = ObjectState::except($app->make('blade.compiler'), ['files']);
        }

        if ($app->resolved('view.engine.resolver')) {
            $this->watch($app->make('view.engine.resolver')->resolve('blade'));
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->states as $state) {
            $state->restore();
        }
    }

    private function watch(Engine $engine): void
    {
        if ($engine instanceof CompilerEngine) {
            // A view that has changed would be compiled by new workers only.
            $engine->forgetCompiledOrNotExpired();
            // And one that throws would never leave the list of those being rendered.
            $this->states[] = ObjectState::of($engine, ['compiledOrNotExpired', 'lastCompiled', 'lastRendered']);
        }
    }
}
