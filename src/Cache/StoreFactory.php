<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Octane\OctaneStore;
use Askr\Laravel\Store\Fallback;
use Askr\Laravel\Store\Space;
use Illuminate\Cache\CacheManager;
use Illuminate\Contracts\Cache\Repository;
use Illuminate\Contracts\Config\Repository as Config;
use Illuminate\Support\Arr;

/**
 * Makes the cache stores whose driver is `askr`.
 */
class StoreFactory
{
    /** The driver of laravel/octane, which is this one where that is installed. */
    public const OCTANE = 'octane';

    public function __construct(
        private CacheManager $manager,
        private SharedStore $shared,
        private Config $config,
        private Fallback $fallback,
    ) {
    }

    /**
     * A store by its entry in `config/cache.php`, or the one to use in its place.
     *
     * @param  array<string, mixed>  $entry
     */
    public function make(array $entry): Repository
    {
        $fallback = $this->fallback->whenUnavailable($entry['fallback'] ?? null);

        return $fallback === null
            ? $this->repository($this->store($entry), $entry)
            : $this->manager->store($fallback);
    }

    /**
     * What Laravel puts around each of its stores.
     *
     * @param  array<string, mixed>  $entry
     */
    public function repository(AskrStore $store, array $entry): AskrRepository
    {
        $repository = new AskrRepository($store, Arr::only($entry, ['store']));

        // The manager knows whom a store tells of what it does; before Laravel 11, each tells.
        $events = $this->manager->repository($store, $entry)->getEventDispatcher();

        if ($events !== null && ($entry['events'] ?? true)) {
            $repository->setEventDispatcher($events);
        }

        return $repository;
    }

    /**
     * The same without what a repository adds.
     *
     * @param  array<string, mixed>  $entry
     */
    public function store(array $entry): AskrStore
    {
        $class = $entry['driver'] === self::OCTANE ? OctaneStore::class : AskrStore::class;

        return new $class(
            $this->shared,
            new ValueCodec(
                $this->config->get('cache.serializable_classes'),
                $entry['serializer'] ?? $this->config->get('askr.store.serializer'),
            ),
            $this->prefix($entry),
            Space::from($entry['space'] ?? Space::Cache->value),
        );
    }

    /**
     * Octane's own store has no prefix; its keys must not be those of the application's cache.
     *
     * @param  array<string, mixed>  $entry
     */
    private function prefix(array $entry): string
    {
        $prefix = (string) ($entry['prefix'] ?? $this->config->get('cache.prefix'));

        return $entry['driver'] === self::OCTANE ? "{$prefix}octane:" : $prefix;
    }
}
