<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

use Askr\Laravel\Events\RequestHandled;
use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Events\RequestTerminated;
use Askr\Laravel\Events\WorkerErrorOccurred;
use Askr\Laravel\Events\WorkerStarting;
use Askr\Laravel\Events\WorkerStopping;
use Laravel\Octane\Events as Octane;

/**
 * The events of laravel/octane that packages listen for, by those of this package.
 *
 * Application and sandbox are the same object here: its state is put back instead
 * of a clone being thrown away.
 */
final class EventTwins
{
    /** The event that Octane would have dispatched. */
    public static function of(object $event): ?object
    {
        return match ($event::class) {
            RequestReceived::class => new Octane\RequestReceived($event->app, $event->app, $event->request),
            RequestHandled::class => new Octane\RequestHandled($event->app, $event->request, $event->response),
            RequestTerminated::class => new Octane\RequestTerminated(
                $event->app,
                $event->app,
                $event->request,
                $event->response,
            ),
            WorkerStarting::class => new Octane\WorkerStarting($event->app),
            WorkerStopping::class => new Octane\WorkerStopping($event->app),
            WorkerErrorOccurred::class => new Octane\WorkerErrorOccurred($event->exception, $event->app),
            default => null,
        };
    }
}
