<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreRefused;
use Askr\Laravel\RateLimiting\SharedRateLimiter;
use Askr\Laravel\RateLimiting\ThrottleTogether;
use Askr\Laravel\Store\Space;
use Askr\Laravel\Testing\Fakes\FakeStore;
use Illuminate\Cache\RateLimiter;
use Illuminate\Cache\RateLimiting\Limit;
use Illuminate\Http\Request;
use Illuminate\Routing\Middleware\ThrottleRequests;
use LogicException;
use PHPUnit\Framework\Attributes\Group;
use Symfony\Component\HttpFoundation\Response;

class RateLimiterTest extends StoreTestCase
{
    protected function setUp(): void
    {
        parent::setUp();

        $this->app->make('config')->set('cache.default', 'askr');
    }

    public function test_another_cache_has_laravels_own_limiter(): void
    {
        $this->app->make('config')->set('cache.limiter', 'array');

        $this->assertSame(RateLimiter::class, $this->app->make(RateLimiter::class)::class);
        $this->assertSame(ThrottleRequests::class, $this->app->make(ThrottleRequests::class)::class);
    }

    public function test_attempts_are_counted_until_the_window_ends(): void
    {
        $this->freezeTime();
        $limiter = $this->limiter();

        $this->assertSame([1, 2], [$limiter->hit('key', 60), $limiter->hit('key', 60)]);
        $this->assertFalse($limiter->tooManyAttempts('key', 3));
        $this->assertSame(1, $limiter->remaining('key', 3));
        $this->assertSame(5, $limiter->increment('key', 60, 3));
        $this->assertTrue($limiter->tooManyAttempts('key', 3));
        $this->assertSame(4, $limiter->decrement('key', 60));

        $this->travel(59)->seconds();
        $this->assertSame(1, $limiter->availableIn('key'));
        $this->assertTrue($limiter->tooManyAttempts('key', 3));

        $this->travel(1)->seconds();
        $this->assertFalse($limiter->tooManyAttempts('key', 3));
        $this->assertSame(0, $limiter->availableIn('key'));
        $this->assertSame(0, $limiter->attempts('key'));
    }

    public function test_the_window_can_be_a_time(): void
    {
        $this->freezeTime();
        $this->limiter()->hit('key', now()->addSeconds(30));

        $this->assertSame(30, $this->limiter()->availableIn('key'));
    }

    public function test_a_key_is_one_number_that_flushing_the_cache_leaves(): void
    {
        $this->limiter()->hit('key');
        $this->cache()->clear();

        $this->assertSame(1, $this->limiter()->attempts('key'));
        $this->assertSame(1, $this->shared->statistics()['counters']['entries']);

        $this->limiter()->clear('key');
        $this->assertSame(0, $this->limiter()->attempts('key'));
    }

    public function test_keys_for_which_there_is_no_room_are_counted_in_the_cache(): void
    {
        $this->freezeTime();
        $this->app->instance(SharedStore::class, $full = new class extends FakeStore
        {
            public function increment(string $key, int|float $by, int $ttlMs, Space $space): int|float
            {
                return $space === Space::Counters && $this->get($key, $space) === null
                    ? throw StoreRefused::because('OOM the store has no room left for counters')
                    : parent::increment($key, $by, $ttlMs, $space);
            }
        });
        $limiter = $this->limiter();

        $this->assertSame([1, 2], [$limiter->hit('key', 60), $limiter->hit('key', 60)]);
        $this->assertSame(1, $full->statistics()['cache']['entries']);
        $this->assertSame([2, 60], [$limiter->attempts('key'), $limiter->availableIn('key')]);
        $this->assertFalse($limiter->attempt('key', 2, fn () => $this->fail('one too many')));

        $limiter->clear('key');
        $this->assertTrue($limiter->attempt('key', 2, fn () => null));
    }

    public function test_what_else_the_store_refuses_is_told(): void
    {
        $this->app->instance(SharedStore::class, new class extends FakeStore
        {
            public function increment(string $key, int|float $by, int $ttlMs, Space $space): never
            {
                throw StoreRefused::because('BUSY the store was busy for too long; nothing was changed');
            }
        });

        $this->expectException(StoreRefused::class);
        $this->limiter()->hit('key');
    }

    public function test_an_attempt_counts_if_it_happened(): void
    {
        $limiter = $this->limiter();

        $this->assertTrue($limiter->attempt('key', 2, fn () => null));

        try {
            $limiter->attempt('key', 2, fn () => throw new LogicException('expected'));
        } catch (LogicException) {
        }

        $this->assertSame('done', $limiter->attempt('key', 2, fn (): string => 'done'));
        $this->assertFalse($limiter->attempt('key', 2, fn () => $this->fail('one too many')));
        $this->assertSame(2, $limiter->attempts('key'));
    }

    public function test_who_looks_before_another_counts_is_refused_all_the_same(): void
    {
        $limiter = $this->limiter();
        $limiter->hit('key');
        $refused = null;

        // The other process is the callback: it comes between looking and counting.
        $this->assertTrue($limiter->attempt('key', 2, function () use ($limiter, &$refused): void {
            $refused = $limiter->attempt('key', 2, fn () => $this->fail('one too many'));
        }));
        $this->assertFalse($refused);
    }

    public function test_throttled_routes_let_so_many_pass_and_say_when_to_come_again(): void
    {
        $this->freezeTime();
        $this->app->make('router')->get('throttled', fn (): string => 'passed')->middleware(ThrottleRequests::class.':2,1');
        $this->assertInstanceOf(ThrottleTogether::class, $this->app->make(ThrottleRequests::class));

        $this->assertSame('1', $this->get('/throttled')->assertOk()->headers->get('X-RateLimit-Remaining'));
        $this->assertSame('0', $this->get('/throttled')->assertOk()->headers->get('X-RateLimit-Remaining'));
        $refused = $this->get('/throttled')->assertStatus(429);
        $this->assertSame(['60', '2'], [$refused->headers->get('Retry-After'), $refused->headers->get('X-RateLimit-Limit')]);

        $this->travel(60)->seconds();
        $this->get('/throttled')->assertOk();
    }

    public function test_of_requests_that_have_all_looked_only_so_many_pass(): void
    {
        $passed = 0;
        $middleware = $this->app->make(ThrottleRequests::class);
        $request = Request::create('/throttled');
        $request->setRouteResolver(fn () => $this->app->make('router')->get('throttled', fn () => ''));

        // Each is answered while the one before is still being handled.
        $next = function (Request $request) use (&$next, &$passed, $middleware): Response {
            $passed++;

            try {
                $middleware->handle($request, $next, 5, 1);
            } catch (\Throwable) {
            }

            return new \Illuminate\Http\Response;
        };
        $next($request);

        $this->assertSame(6, $passed, 'five, and the first that was not throttled');
    }

    public function test_named_limits_apply_together(): void
    {
        $this->limiter()->for('api', fn (): array => [Limit::perMinute(3)->by('minute'), Limit::perDay(2)->by('day')]);
        $this->app->make('router')->get('named', fn (): string => 'passed')->middleware(ThrottleRequests::class.':api');

        $this->get('/named')->assertOk();
        $this->get('/named')->assertOk();
        $this->get('/named')->assertStatus(429);
        $this->assertSame(2, $this->shared->get(
            $this->cache()->getStore()->getPrefix().md5('apiminute'),
            Space::Counters,
        ), 'one that is refused counts nowhere');
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_a_limit_can_count_by_the_response(): void
    {
        $this->limiter()->for('failures', fn () => Limit::perMinute(1)->after(
            fn (Response $response): bool => $response->getStatusCode() === 404,
        ));
        $this->app->make('router')->get('found/{status}', fn (int $status) => response('', $status))->middleware(ThrottleRequests::class.':failures');

        $this->get('/found/200')->assertStatus(200);
        $this->get('/found/404')->assertStatus(404);
        $this->get('/found/200')->assertStatus(429);
    }

    private function limiter(): SharedRateLimiter
    {
        return $this->app->make(RateLimiter::class);
    }
}
