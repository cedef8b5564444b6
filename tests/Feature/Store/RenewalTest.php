<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\RateLimiting\SharedRateLimiter;
use Illuminate\Cache\RateLimiter;
use Illuminate\Cache\RateLimiting\Limit;

class RenewalTest extends StoreTestCase
{
    public function test_what_a_request_writes_the_next_reads(): void
    {
        $bodies = $this->bodies(
            ['count' => fn (): string => (string) $this->app->make('cache')->store('askr')->increment('count')],
            '/count', '/count', '/count',
        );

        $this->assertSame(['1', '2', '3'], $bodies);
    }

    public function test_drivers_are_those_of_the_application_whatever_a_request_has_made_of_them(): void
    {
        $this->app->make('config')->set('cache.default', 'askr');
        $this->cache()->put('key', 'value', 60);
        $look = fn (): string => json_encode([
            $this->app->make('cache.store')->get('key'),
            $this->app->make('cache')->store('askr')->get('key'),
            $this->app->make('config')->get('cache.stores.askr'),
        ]);

        $bodies = $this->bodies(['look' => $look, 'disturb' => function () use ($look): string {
            $cache = $this->app->make('cache');
            $this->app->make('config')->set(['cache.stores.askr' => ['driver' => 'array'], 'cache.prefix' => 'tenant:']);
            $cache->extend('askr', fn ($app) => $app->make('cache')->store('array'));
            $cache->purge('askr');

            return $look();
        }], '/look', '/disturb', '/look', '/disturb', '/look');

        $this->assertSame('["value","value",{"driver":"askr"}]', $bodies[0]);
        $this->assertNotSame($bodies[0], $bodies[1]);
        $this->assertSame([$bodies[0], $bodies[0]], [$bodies[2], $bodies[4]]);
    }

    public function test_all_requests_have_one_way_to_the_store(): void
    {
        $ids = $this->bodies(
            ['id' => fn (): string => (string) spl_object_id($this->app->make(SharedStore::class))],
            '/id', '/id', '/id',
        );

        $this->assertCount(1, array_unique($ids));
    }

    public function test_limiters_of_the_application_stay_and_those_of_a_request_go(): void
    {
        $this->app->make('config')->set('cache.default', 'askr');
        $this->app->make(RateLimiter::class)->for('api', fn () => Limit::perMinute(2));

        $bodies = $this->bodies(['look' => function (): string {
            $limiter = $this->app->make(RateLimiter::class);
            $seen = json_encode([
                $limiter instanceof SharedRateLimiter,
                $limiter->limiter('api') !== null,
                $limiter->limiter('own') !== null,
                $limiter->hit('key'),
            ]);
            $limiter->for('own', fn () => Limit::perMinute(2));

            return $seen;
        }], '/look', '/look', '/look');

        $this->assertSame(['[true,true,false,1]', '[true,true,false,2]', '[true,true,false,3]'], $bodies);
    }
}
