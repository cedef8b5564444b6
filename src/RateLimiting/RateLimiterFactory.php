<?php

declare(strict_types=1);

namespace Askr\Laravel\RateLimiting;

use Askr\Laravel\Cache\AskrStore;
use Askr\Laravel\Cache\StoreFactory;
use Askr\Laravel\Store\Space;
use Illuminate\Cache\CacheManager;
use Illuminate\Cache\RateLimiter;
use Illuminate\Contracts\Config\Repository;

/**
 * Has rate limiters count in the server's store, where that is the cache they would count in.
 */
class RateLimiterFactory
{
    public function __construct(
        private CacheManager $manager,
        private StoreFactory $stores,
        private Repository $config,
    ) {
    }

    /** The limiter to use in place of Laravel's own, or that one. */
    public function make(RateLimiter $limiter): RateLimiter
    {
        $name = $this->config->get('cache.limiter') ?? $this->manager->getDefaultDriver();

        if (! $this->manager->store($name)->getStore() instanceof AskrStore) {
            return $limiter;
        }

        $entry = ['store' => $name] + (array) $this->config->get("cache.stores.{$name}");
        $counters = $this->stores->store(['space' => Space::Counters->value] + $entry);
        $overflow = $this->stores->store(['space' => Space::Cache->value] + $entry);

        return new SharedRateLimiter($this->stores->repository($counters, $entry), $counters, $overflow);
    }
}
