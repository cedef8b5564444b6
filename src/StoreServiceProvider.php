<?php

declare(strict_types=1);

namespace Askr\Laravel;

use Askr\Laravel\Cache\StoreFactory;
use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreRefused;
use Askr\Laravel\Native\NativeStore;
use Askr\Laravel\Octane\Installation;
use Askr\Laravel\Octane\OctaneWithTables;
use Askr\Laravel\RateLimiting\RateLimiterFactory;
use Askr\Laravel\RateLimiting\SharedRateLimiter;
use Askr\Laravel\RateLimiting\ThrottleTogether;
use Askr\Laravel\Session\SessionHandlerFactory;
use Askr\Laravel\Socket\SocketStore;
use Askr\Laravel\Store\Fallback;
use Illuminate\Cache\CacheManager;
use Illuminate\Cache\RateLimiter;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Routing\Middleware\ThrottleRequests;
use Illuminate\Session\SessionManager;
use Illuminate\Support\ServiceProvider;

/**
 * Makes the server's store a driver of the cache, of sessions and of rate limiters.
 */
class StoreServiceProvider extends ServiceProvider
{
    /** Stores that need no entry of their own in `config/cache.php`. */
    private const STORES = [
        'askr' => ['driver' => 'askr'],
        // What must neither be evicted nor go with `cache:clear`: the flag of maintenance mode.
        'askr-lasting' => ['driver' => 'askr', 'space' => 'counters'],
    ];

    /** Register the store and what is made of it. */
    public function register(): void
    {
        $this->app->singleton(SharedStore::class, fn (Application $app): SharedStore => NativeStore::isAvailable()
            ? new NativeStore
            : $app->make(SocketStore::class));
        $this->app->singleton(Fallback::class);

        // Code of the application may name `Askr\StoreException`, native or not.
        class_exists(StoreRefused::class);

        $this->registerConfiguration();
        $this->registerDrivers();
        $this->registerRateLimiting();

        if (Installation::isPresent()) {
            $this->registerOctane();
        }
    }

    /** Give the stores their entries, unless the application has some of that name. */
    protected function registerConfiguration(): void
    {
        $config = $this->app->make('config');
        $config->set('cache.stores', (array) $config->get('cache.stores') + self::STORES);

        // Whoever locks sessions locks them where they are.
        if ($config->get('session.driver') === 'askr' && $config->get('session.block_store') === null) {
            $config->set('session.block_store', 'askr');
        }
    }

    /** Have the managers make the drivers, once somebody wants them. */
    protected function registerDrivers(): void
    {
        $this->callAfterResolving('cache', function (CacheManager $manager): void {
            $manager->extend('askr', fn (Application $app, array $entry) => $app->make(StoreFactory::class)->make($entry));
        });

        $this->callAfterResolving('session', function (SessionManager $manager): void {
            $manager->extend('askr', fn (Application $app) => $app->make(SessionHandlerFactory::class)->make());
        });
    }

    /** Have attempts counted by all processes together, where the cache is the store. */
    protected function registerRateLimiting(): void
    {
        $this->app->extend(
            RateLimiter::class,
            fn (RateLimiter $limiter, Application $app) => $app->make(RateLimiterFactory::class)->make($limiter),
        );

        $this->app->bind(ThrottleRequests::class, function (Application $app): ThrottleRequests {
            $limiter = $app->make(RateLimiter::class);

            return $limiter instanceof SharedRateLimiter ? new ThrottleTogether($limiter) : new ThrottleRequests($limiter);
        });
    }

    /** Have what is Swoole's in Octane, tables and a cache store, in the server's store. */
    protected function registerOctane(): void
    {
        $config = $this->app->make('config');
        $config->set('cache.stores', $config->get('cache.stores') + [StoreFactory::OCTANE => ['driver' => StoreFactory::OCTANE]]);

        $this->app->extend('octane', fn (object $octane, Application $app): OctaneWithTables => new OctaneWithTables(
            $octane,
            $app->make(SharedStore::class),
            $app->make('config'),
        ));

        // Octane's own provider registers its driver when it is booted.
        $this->app->booted(fn () => $this->callAfterResolving('cache', function (CacheManager $manager): void {
            $manager->extend(
                StoreFactory::OCTANE,
                fn (Application $app, array $entry) => $app->make(StoreFactory::class)->make($entry),
            );
        }));
    }
}
