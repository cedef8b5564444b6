<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\TemplateForking;
use Illuminate\Redis\Connections\Connection;
use Illuminate\Redis\RedisManager;
use Throwable;

/**
 * Closes the Redis connections, persistent ones too, and has them made anew.
 *
 * Cache, queue, sessions and broadcasting ask the manager for theirs each time.
 */
final class CloseRedisConnections
{
    /** Handle the event. */
    public function handle(TemplateForking $event): void
    {
        $redis = $event->app->resolved('redis') ? $event->app->make('redis') : null;

        if (! $redis instanceof RedisManager) {
            return;
        }

        foreach ($redis->connections() ?? [] as $name => $connection) {
            $this->close($connection);
            $redis->purge($name);
        }
    }

    private function close(Connection $connection): void
    {
        $client = $connection->client();

        try {
            match (true) {
                ! is_object($client) => null,
                method_exists($client, 'disconnect') => $client->disconnect(),
                method_exists($client, 'close') => $client->close(),
                default => null,
            };
        } catch (Throwable) {
            // It was gone already, which is all that was wanted.
        }
    }
}
