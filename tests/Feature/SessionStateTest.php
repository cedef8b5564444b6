<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Tests\TestCase;
use Closure;
use Illuminate\Http\Request;
use Illuminate\Session\CookieSessionHandler;
use RuntimeException;

class SessionStateTest extends TestCase
{
    public function test_what_one_visitor_keeps_is_not_there_for_the_next(): void
    {
        $bodies = $this->bodies([
            'keep' => function (Request $request): string {
                $before = $request->session()->get('secret', 'nothing');
                $request->session()->put('secret', 'of the first visitor');

                return $before;
            },
            'look' => fn (Request $request): string => $request->session()->get('secret', 'nothing'),
        ], '/keep', '/look', '/keep');

        $this->assertSame(['nothing', 'nothing', 'nothing'], $bodies);
    }

    public function test_a_session_left_behind_by_a_failure_is_not_there_for_the_next(): void
    {
        $client = $this->serve([
            'fail' => function (Request $request): never {
                $this->app->make('session.store')->put('secret', 'left behind');

                throw new RuntimeException('on purpose');
            },
            'look' => fn (): string => $this->app->make('session.store')->get('secret', 'nothing'),
        ], '/fail', '/look', '/fail');

        $this->assertSame([500, 200, 500], array_map(fn ($response) => $response->getStatusCode(), $client->responses));
        $this->assertSame('nothing', $client->responses[1]->getContent());
    }

    public function test_each_visitor_without_a_cookie_has_an_identity_and_a_token_of_its_own(): void
    {
        $bodies = $this->bodies([
            'who' => fn (Request $request): string => $request->session()->getId().' '.$request->session()->token(),
        ], '/who', '/who', '/who');

        $this->assertCount(3, array_unique(array_map(fn (string $body): string => strtok($body, ' '), $bodies)));
        $this->assertCount(3, array_unique(array_map(fn (string $body): string => strrchr($body, ' '), $bodies)));
    }

    public function test_a_visitor_who_comes_back_finds_the_session_again(): void
    {
        $name = $this->app->make('config')->get('session.cookie');
        $handler = $this->app->make('session')->driver()->getHandler();
        $id = str_repeat('a', 40);
        $handler->write($id, serialize(['secret' => 'mine']));

        $returning = fn (): Request => Request::create('/look', cookies: [
            $name => $this->app->make('encrypter')->encrypt(
                \Illuminate\Cookie\CookieValuePrefix::create($name, $this->app->make('encrypter')->getKey()).$id,
                false,
            ),
        ]);

        $bodies = $this->bodies([
            'look' => fn (Request $request): string => $request->session()->get('secret', 'nothing'),
        ], $returning(), '/look', $returning());

        $this->assertSame(['mine', 'nothing', 'mine'], $bodies);
    }

    public function test_a_session_has_not_started_before_something_starts_it(): void
    {
        $started = [];
        $this->app->make('events')->listen(RequestReceived::class, function () use (&$started): void {
            $started[] = $this->app->make('session.store')->isStarted();
        });

        $this->serve(['look' => fn (): string => 'with a session'], '/look', '/look', '/look');

        $this->assertSame([false, false, false], $started);
    }

    public function test_the_redirector_flashes_to_the_session_of_its_own_request(): void
    {
        $client = $this->serve([
            'go' => fn () => redirect('/look')->with('status', 'flashed'),
            'look' => fn (): string => session('status', 'nothing'),
        ], '/go', '/look', '/go');

        $this->assertSame([302, 200, 302], array_map(fn ($response) => $response->getStatusCode(), $client->responses));
        $this->assertSame('nothing', $client->responses[1]->getContent());
    }

    public function test_a_handler_that_reads_cookies_knows_no_request_but_the_current_one(): void
    {
        $store = $this->app->make('session')->driver('cookie');
        $isCurrent = [];
        $this->app->make('events')->listen(RequestReceived::class, function (RequestReceived $event) use ($store, &$isCurrent): void {
            $known = Closure::bind(fn (): Request => $this->request, $store->getHandler(), CookieSessionHandler::class)();
            $isCurrent[] = $known === $event->request;
        });

        $this->serve(['look' => fn (): string => 'with a session'], '/look', '/look', '/look');

        $this->assertSame([true, true, true], $isCurrent);
    }
}
