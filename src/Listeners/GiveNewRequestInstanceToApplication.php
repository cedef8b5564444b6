<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;

/**
 * Makes the request that arrived the application's request.
 */
final class GiveNewRequestInstanceToApplication
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        // Whoever asked the container to be told of a new request is told here:
        // the URL generator, the user resolver, the packages of the application.
        $event->app->instance('request', $event->request);
    }
}
