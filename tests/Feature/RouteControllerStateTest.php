<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Illuminate\Http\Request;

class RouteControllerStateTest extends TestCase
{
    public function test_a_controller_is_given_the_request_of_its_own_call(): void
    {
        $this->app->make('router')->get('/whose', KeepsItsRequest::class);

        $this->assertSame(['1', '2', '3'], $this->bodies([], '/whose?n=1', '/whose?n=2', '/whose?n=3'));
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
