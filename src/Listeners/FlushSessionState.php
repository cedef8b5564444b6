<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Session\Store;

/**
 * Empties the session and gives it a new identity.
 *
 * The store stays the same object, because the redirector, guards and the
 * application's own services keep it; `StartSession` then loads the visitor's.
 */
final class FlushSessionState
{
    /** The length that the store takes for an identity. */
    private const ID_LENGTH = 40;

    /** @var list<Store> */
    private array $stores = [];

    /** @var list<ObjectState> */
    private array $states = [];

    public function __construct(Application $app)
    {
        foreach ($app->resolved('session') ? $app->make('session')->getDrivers() : [] as $store) {
            if ($store instanceof Store) {
                $this->stores[] = $store;
                $this->states[] = ObjectState::of($store, ['name', 'attributes', 'handler', 'serialization', 'started']);
            }
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->states as $state) {
            $state->restore();
        }

        foreach ($this->stores as $store) {
            // Not `null`: the store would take ten times as long to make one up.
            $store->setId(bin2hex(random_bytes(self::ID_LENGTH / 2)));
            $store->setExists(false);
            // A handler that reads cookies would hold on to those of another visitor.
            $store->setRequestOnHandler($event->request);
        }
    }
}
