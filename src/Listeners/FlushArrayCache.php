<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Closure;
use Illuminate\Cache\ArrayStore;
use Illuminate\Contracts\Cache\Repository;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Session\ArraySessionHandler;

/**
 * Empties what is kept in memory only: the array cache with its locks, array sessions.
 */
final class FlushArrayCache
{
    /** @var list<ObjectState> */
    private array $states = [];

    public function __construct(Application $app)
    {
        if ($app->resolved('cache')) {
            $this->watchCache($app->make('cache'));
        }

        if ($app->resolved('session')) {
            foreach ($app->make('session')->getDrivers() as $store) {
                if ($store->getHandler() instanceof ArraySessionHandler) {
                    $this->states[] = ObjectState::of($store->getHandler(), ['storage']);
                }
            }
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->states as $state) {
            $state->restore();
        }
    }

    private function watchCache(object $manager): void
    {
        $stores = Closure::bind(fn (): array => $this->stores ?? [], $manager, $manager::class)();

        foreach ($stores as $repository) {
            if ($repository instanceof Repository && $repository->getStore() instanceof ArrayStore) {
                $this->states[] = ObjectState::of($repository->getStore(), ['storage', 'locks']);
            }
        }
    }
}
