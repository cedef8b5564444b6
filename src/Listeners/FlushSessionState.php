<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Session\SessionManager;
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

    private ?SessionManager $sessions;

    public function __construct(Application $app)
    {
        $this->sessions = $app->resolved('session') ? $app->make('session') : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->sessions?->getDrivers() ?? [] as $store) {
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
