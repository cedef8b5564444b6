<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Cache\AskrStore;
use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreUnavailable;
use Askr\Laravel\RateLimiting\SharedRateLimiter;
use Askr\Laravel\Store\Space;
use Askr\Laravel\Testing\Fakes\FakeStore;
use Illuminate\Cache\ArrayStore;
use Illuminate\Cache\RateLimiter;

class FallbackTest extends StoreTestCase
{
    protected function setUp(): void
    {
        parent::setUp();

        $this->app->instance(SharedStore::class, new class extends FakeStore
        {
            public function get(string $key, Space $space): never
            {
                throw StoreUnavailable::at(['/run/askr/a.store.sock']);
            }

            public function statistics(): never
            {
                throw StoreUnavailable::at(['/run/askr/a.store.sock']);
            }
        });
    }

    public function test_without_a_server_there_is_one_exception_that_says_what_to_do(): void
    {
        $cache = $this->cache();

        $this->assertInstanceOf(AskrStore::class, $cache->getStore());
        $this->expectException(StoreUnavailable::class);
        $this->expectExceptionMessageMatches('~/run/askr/a\.store\.sock.*askr:start.*ASKR_STORE_FALLBACK~');
        $cache->get('key');
    }

    public function test_the_store_that_is_named_is_used_in_its_place(): void
    {
        $this->app->make('config')->set('askr.store.fallback', 'array');

        $this->assertInstanceOf(ArrayStore::class, $this->cache()->getStore());
        $this->assertInstanceOf(ArrayStore::class, $this->cache('askr-lasting')->getStore());
    }

    public function test_an_entry_can_name_its_own_or_none(): void
    {
        $config = $this->app->make('config');
        $config->set('cache.stores.named', ['driver' => 'askr', 'fallback' => 'array']);
        $this->assertInstanceOf(ArrayStore::class, $this->cache('named')->getStore());

        $config->set('askr.store.fallback', 'array');
        $config->set('cache.stores.none', ['driver' => 'askr', 'fallback' => '']);
        $this->assertInstanceOf(AskrStore::class, $this->cache('none')->getStore());
    }

    public function test_rate_limiters_count_where_the_cache_is(): void
    {
        $this->app->make('config')->set(['askr.store.fallback' => 'array', 'cache.default' => 'askr']);

        $limiter = $this->app->make(RateLimiter::class);

        $this->assertNotInstanceOf(SharedRateLimiter::class, $limiter);
        $this->assertSame(1, $limiter->hit('key'));
    }
}
