<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Laravel\Octane\Events\RequestReceived;
use Symfony\Component\HttpFoundation\Response;

/**
 * What packages look for to find out that they run under Octane.
 *
 * Only with laravel/octane installed: without it nothing would tell them when a
 * request begins, and they would wait for it.
 */
final class Installation
{
    /** Octane's own routes, which hand work to processes that are not there. */
    private const TASK_ROUTES = 'octane/';

    /** Whether laravel/octane is there. */
    public static function isPresent(): bool
    {
        return class_exists(RequestReceived::class);
    }

    /** Flag the process, or the request whose variables have just replaced the last one's. */
    public static function flag(): void
    {
        $_SERVER['LARAVEL_OCTANE'] = '1';
    }

    /** Name the server, and take out the listeners whose work is done already. */
    public static function configure(Application $app): void
    {
        $config = $app->make('config');
        $config->set('octane.server', 'askr');

        foreach ($config->get('octane.listeners', []) as $event => $listeners) {
            $config->set("octane.listeners.{$event}", array_values(
                array_diff(array_filter($listeners), ReplacedListeners::NAMES),
            ));
        }
    }

    /** What a route answers that was registered with Octane, ahead of the kernel. */
    public static function respond(Application $app, Request $request): ?Response
    {
        $path = $request->path();

        if (! $app->bound('octane') || str_starts_with($path, self::TASK_ROUTES)) {
            return null;
        }

        $octane = $app->make('octane');
        $uri = '/'.ltrim($path, '/');

        return $octane->hasRouteFor($request->getMethod(), $uri)
            ? $octane->invokeRoute($request, $request->getMethod(), $uri)
            : null;
    }
}
