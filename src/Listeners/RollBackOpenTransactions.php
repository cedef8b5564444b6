<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Database\Connection;
use Throwable;

/**
 * Rolls back the transactions that a request has begun and never ended.
 *
 * The connection stays open: what the next request writes would become part of
 * the transaction, and be lost with it.
 */
final class RollBackOpenTransactions
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if (! $event->app->resolved('db')) {
            return;
        }

        foreach ($event->app->make('db')->getConnections() as $connection) {
            if ($connection->transactionLevel() > 0) {
                $this->rollBack($connection);
            }
        }
    }

    private function rollBack(Connection $connection): void
    {
        try {
            $connection->rollBack(0);
        } catch (Throwable) {
            // The database has gone, and the transaction with it. The request that
            // is about to start shall not pay for it.
            $connection->disconnect();
        }
    }
}
