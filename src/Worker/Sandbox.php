<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Container\Container;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Facades\Facade;

/**
 * Gives every request the container as it was after booting.
 *
 * The application itself is not cloned: what it was given to while booting keeps
 * the right one, and nothing has to be told about a new one. Instead its arrays of
 * bindings, instances and callbacks are put back to what they were. They are
 * shared until somebody writes to them, so that this costs one assignment each,
 * and what a request bound, resolved, extended or wanted to be called for is gone.
 */
class Sandbox
{
    private ObjectState $booted;

    public function __construct(private Container&Application $app)
    {
        // An instance that lives for one request must not be part of every request.
        $app->forgetScopedInstances();

        $this->booted = ObjectState::except($app);
    }

    /** Put the container back, and make it the current one. */
    public function renew(): void
    {
        $this->booted->restore();

        Container::setInstance($this->app);
        Facade::clearResolvedInstances();
        Facade::setFacadeApplication($this->app);
    }
}
