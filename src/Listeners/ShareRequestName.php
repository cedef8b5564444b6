<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Logging\RequestName;
use Illuminate\Log\Context\Repository;

/**
 * Names the request in a log context that was made before the request came.
 *
 * One that is made later names it by itself.
 */
final class ShareRequestName
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $holder = class_exists(Repository::class) ? Repository::class : 'log';

        if ($event->app->resolved($holder)) {
            RequestName::share($event->app, $event->app->make($holder));
        }
    }
}
