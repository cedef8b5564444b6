<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker\State;

use Closure;
use Illuminate\Routing\CompiledRouteCollection;
use Illuminate\Routing\Route;
use Illuminate\Routing\RouteCollection;

/**
 * The routes of `route:cache`, which are made when they are first taken.
 *
 * Laravel 13 keeps them then. One that a request has made is made once more, with
 * nothing of the request in it, and kept from then on with what is found out about it.
 */
final class CompiledRoutes
{
    /** @var Closure(): array<string, Route> */
    private Closure $made;

    private ObjectState $kept;

    private int $count = 0;

    public function __construct(private CompiledRouteCollection $routes)
    {
        $this->made = Closure::bind(fn (): array => $this->nameCache ?? [], $routes, CompiledRouteCollection::class);
        $this->kept = ObjectState::of($routes, ['nameCache']);
        $this->renew();
    }

    /** The routes that were registered beside the cached ones. */
    public function added(): RouteCollection
    {
        return Closure::bind(fn (): RouteCollection => $this->routes, $this->routes, CompiledRouteCollection::class)();
    }

    /**
     * Make those once more that were made since the last time.
     *
     * @return list<Route> The new ones.
     */
    public function renew(): array
    {
        $made = ($this->made)();

        if (count($made) === $this->count) {
            return [];
        }

        $this->kept->restore();
        $new = array_map($this->routes->getByName(...), array_keys(array_diff_key($made, ($this->made)())));
        $this->kept = ObjectState::of($this->routes, ['nameCache']);
        $this->count = count(($this->made)());

        return array_values(array_filter($new));
    }
}
