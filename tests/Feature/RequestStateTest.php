<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Illuminate\Http\Request;

class RequestStateTest extends TestCase
{
    public function test_each_request_is_the_applications_request_while_it_runs(): void
    {
        $bodies = $this->bodies(
            ['first' => $this->describe(), 'second' => $this->describe()],
            'http://one.test/first?a=1',
            'http://two.test/second',
            'http://one.test/first?a=3',
        );

        $this->assertSame([
            'first 1 http://one.test/first',
            'second  http://two.test/second',
            'first 3 http://one.test/first',
        ], $bodies);
    }

    public function test_the_request_is_there_before_any_code_of_the_application_runs(): void
    {
        $seen = [];

        $this->app->make('events')->listen(
            \Askr\Laravel\Events\RequestReceived::class,
            function () use (&$seen): void {
                $seen[] = $this->app->make('request')->path();
            },
        );

        $this->serve(['a' => fn (): string => 'a', 'b' => fn (): string => 'b'], '/a', '/b', '/a');

        $this->assertSame(['a', 'b', 'a'], $seen);
    }

    private function describe(): \Closure
    {
        return fn (): string => implode(' ', [
            $this->app->make(Request::class)->path(),
            $this->app->make('request')->query('a'),
            $this->app->make('url')->current(),
        ]);
    }
}
