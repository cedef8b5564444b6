<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Illuminate\Http\Request;
use PHPUnit\Framework\Attributes\Group;

class RouteControllerStateTest extends TestCase
{
    public function test_a_controller_is_given_the_request_of_its_own_call(): void
    {
        $this->app->make('router')->get('/whose', KeepsItsRequest::class);

        $this->assertSame(['1', '2', '3'], $this->bodies([], '/whose?n=1', '/whose?n=2', '/whose?n=3'));
    }

    public function test_cached_routes_are_as_they_were_registered_too(): void
    {
        $router = $this->app->make('router');
        $router->get('/whose', KeepsItsRequest::class)->name('whose');
        $router->get('/taken/{n}', function (Request $request): string {
            $route = $request->route();
            $before = json_encode([$route->defaults, $route->gatherMiddleware(), $route->parameters()]);
            $route->defaults('left', 'behind')->middleware('auth');
            $route->setParameter('left', 'behind');
            $this->app->make('router')->get('/added', fn (): string => 'by a request');

            return $before;
        })->name('taken');
        $router->getRoutes()->refreshNameLookups();
        $router->setCompiledRoutes($router->getRoutes()->compile());

        $client = $this->serve(
            [],
            '/whose?n=1', '/taken/4', '/added', '/whose?n=2', '/taken/4', '/whose?n=3', '/taken/4', '/added',
        );

        $taken = '[[],[],{"n":"4"}]';
        $bodies = array_map(fn ($response) => $response->getContent(), $client->responses);
        $this->assertSame(['1', $taken, '2', $taken, '3', $taken], array_values(array_diff_key($bodies, [2 => 1, 7 => 1])));
        $this->assertSame([404, 404], [$client->responses[2]->getStatusCode(), $client->responses[7]->getStatusCode()]);
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_what_is_found_out_about_a_cached_route_is_kept(): void
    {
        $router = $this->app->make('router');
        $router->get('/known', fn (): string => (string) spl_object_id($router->current()))->name('known');
        $router->getRoutes()->refreshNameLookups();
        $router->setCompiledRoutes($router->getRoutes()->compile());

        $bodies = $this->bodies([], '/known', '/known', '/known', '/known');

        // The first was made by a request, and is not used for another.
        $this->assertCount(1, array_unique(array_slice($bodies, 1)));
    }
}

class KeepsItsRequest
{
    public function __construct(private Request $request)
    {
    }

    public function __invoke(): string
    {
        return (string) $this->request->query('n');
    }
}
