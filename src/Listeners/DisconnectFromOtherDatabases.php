<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Config\Repository;

/**
 * Closes the connections whose configuration a request has changed.
 *
 * They may have been opened anew since, to the database of another tenant. This runs
 * while the changed configuration is still there to be seen.
 */
final class DisconnectFromOtherDatabases
{
    /** @var array<string, mixed> */
    private array $booted;

    public function __construct(private Repository $config)
    {
        $this->booted = $config->get('database')['connections'] ?? [];
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $now = $this->config->get('database')['connections'] ?? [];

        if ($now === $this->booted || ! $event->app->resolved('db')) {
            return;
        }

        foreach ($event->app->make('db')->getConnections() as $name => $connection) {
            $name = explode('::', (string) $name)[0];

            if (($now[$name] ?? null) !== ($this->booted[$name] ?? null)) {
                $connection->disconnect();
            }
        }
    }
}
