<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\View\Engines\CompilerEngine;

/**
 * Forgets the directives a request added, and looks at the files of the views again.
 */
final class RestoreBlade
{
    private ?ObjectState $compiler = null;

    private ?CompilerEngine $engine = null;

    public function __construct(Application $app)
    {
        if ($app->resolved('blade.compiler')) {
            $this->compiler = ObjectState::except($app->make('blade.compiler'), ['files']);
        }

        if ($app->resolved('view.engine.resolver')) {
            $engine = $app->make('view.engine.resolver')->resolve('blade');
            $this->engine = $engine instanceof CompilerEngine ? $engine : null;
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->compiler?->restore();

        // Otherwise a view that has changed would be compiled by new workers only.
        $this->engine?->forgetCompiledOrNotExpired();
    }
}
