<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\CompiledRoutes;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Routing\CompiledRouteCollection;
use Illuminate\Routing\Route;
use Illuminate\Routing\Router;
use WeakMap;

/**
 * Removes the routes, patterns and middleware that a request registered, and
 * empties the route that it took: controller, parameters, what was changed on it.
 */
final class RestoreRouter
{
    /** Facts about a route that are found out once and stay true. */
    private const FOUND_OUT = ['compiled', 'computedMiddleware', 'parameterNames', 'router', 'container'];

    private ?Router $router = null;

    private ?CompiledRoutes $compiled = null;

    /** @var list<ObjectState> */
    private array $states = [];

    /** @var WeakMap<Route, ObjectState> */
    private WeakMap $routes;

    public function __construct(Application $app)
    {
        $this->routes = new WeakMap;

        if (! $app->resolved('router') || ! ($router = $app->make('router')) instanceof Router) {
            return;
        }

        $this->router = $router;
        $routes = $router->getRoutes();

        if ($routes instanceof CompiledRouteCollection) {
            $this->compiled = new CompiledRoutes($routes);
            $routes = $this->compiled->added();
        }

        $this->watch($routes);
        $this->states = [ObjectState::except($routes), ObjectState::except($router, ['container', 'events'])];
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $route = $this->router?->current();

        if ($route instanceof Route) {
            $this->restoreRoute($route);
        }

        foreach ($this->states as $state) {
            $state->restore();
        }

        if ($this->compiled !== null) {
            $this->watch($this->compiled->renew());
        }
    }

    /** @param  iterable<Route>  $routes */
    private function watch(iterable $routes): void
    {
        foreach ($routes as $route) {
            $this->routes[$route] = ObjectState::except($route, self::FOUND_OUT);
        }
    }

    private function restoreRoute(Route $route): void
    {
        $action = $route->action;
        ($this->routes[$route] ?? null)?->restore();

        if ($route->action !== $action) {
            // The middleware was gathered from what the request had put there.
            $route->computedMiddleware = null;
        }
    }
}
