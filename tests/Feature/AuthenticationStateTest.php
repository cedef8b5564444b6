<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Illuminate\Auth\GenericUser;
use Illuminate\Http\Request;

class AuthenticationStateTest extends TestCase
{
    public function test_a_visitor_after_a_login_is_a_guest(): void
    {
        $bodies = $this->bodies([
            'login' => function (): string {
                $before = $this->who();
                $this->app->make('auth')->guard()->login(new GenericUser(['id' => 7, 'remember_token' => null]));

                return "{$before} then {$this->who()}";
            },
            'who' => fn (): string => $this->who(),
        ], '/login', '/who', '/login');

        $this->assertSame(['guest then 7', 'guest', 'guest then 7'], $bodies);
    }

    public function test_the_guard_as_a_service_is_not_the_one_of_the_request_before(): void
    {
        $bodies = $this->bodies([
            'login' => function (): string {
                $guard = $this->app->make('auth.driver');
                $before = $guard->check() ? 'user' : 'guest';
                $guard->setUser(new GenericUser(['id' => 7]));

                return $before;
            },
        ], '/login', '/login', '/login');

        $this->assertSame(['guest', 'guest', 'guest'], $bodies);
    }

    public function test_the_user_of_the_request_is_the_one_of_its_own_guard(): void
    {
        $bodies = $this->bodies([
            'login' => function (Request $request): string {
                $this->app->make('auth')->guard()->setUser(new GenericUser(['id' => 7]));

                return (string) $request->user()->getAuthIdentifier();
            },
            'who' => fn (Request $request): string => $request->user() === null ? 'guest' : 'user',
        ], '/login', '/who', '/login');

        $this->assertSame(['7', 'guest', '7'], $bodies);
    }

    public function test_the_default_guard_is_the_configured_one_again(): void
    {
        $this->app->make('config')->set('auth.guards.other', ['driver' => 'session', 'provider' => 'users']);

        $bodies = $this->bodies([
            'other' => function (): string {
                $before = $this->app->make('auth')->getDefaultDriver();
                $this->app->make('auth')->shouldUse('other');

                return $before;
            },
        ], '/other', '/other', '/other');

        $this->assertSame(['web', 'web', 'web'], $bodies);
    }

    private function who(): string
    {
        return (string) ($this->app->make('auth')->guard()->id() ?? 'guest');
    }
}
