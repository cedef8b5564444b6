<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Log\Context\Repository;

/**
 * Gives every request the context that was there after booting.
 *
 * Without this there would be none: the repository lives as long as a request does.
 */
final class RestoreContext
{
    private ClassState $handler;

    private ?Repository $booted = null;

    public function __construct(Application $app)
    {
        $this->handler = new ClassState([Repository::class => ['handleUnserializeExceptionsUsing']]);

        if ($app->resolved(Repository::class)) {
            $this->booted = clone $app->make(Repository::class);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->handler->restore();

        if ($this->booted !== null) {
            $event->app->instance(Repository::class, clone $this->booted);
        }
    }
}
