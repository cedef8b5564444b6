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
        $store->setId(null);
        $store->setExists(false);
    }
}
