<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
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

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if (! $event->app->resolved('session')) {
            return;
        }

        foreach ($event->app->make('session')->getDrivers() as $store) {
            if ($store instanceof Store) {
                $this->renew($store);
            }
        }
    }

    private function renew(Store $store): void
    {
        $store->flush();
        // Not `null`: the store would take ten times as long to make one up.
        $store->setId(bin2hex(random_bytes(self::ID_LENGTH / 2)));
        $store->setExists(false);
    }
}
