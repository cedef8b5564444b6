<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Routing\Route;

/**
 * Drops the controller that the last route keeps, with what was injected into it.
 */
final class FlushRouteController
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if (! $event->app->resolved('router')) {
            return;
        }

        $route = $event->app->make('router')->current();

        if ($route instanceof Route) {
            // `flushController()` would forget the route's middleware as well, which
            // takes longer to find again than the rest of this renewal together.
            $route->controller = null;
        }
    }
}
