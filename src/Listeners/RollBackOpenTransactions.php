<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Illuminate\Database\DatabaseManager;
use PDO;
use Throwable;

/**
 * Rolls back the transactions that a request has begun and never ended.
 *
 * The connection stays open: what the next request writes would become part of
 * the transaction, and be lost with it.
 */
final class RollBackOpenTransactions
{
    private ?DatabaseManager $database;

    public function __construct(Application $app)
    {
        $this->database = $app->resolved('db') ? $app->make('db') : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->database?->getConnections() ?? [] as $connection) {
            if ($connection->transactionLevel() > 0) {
                $this->rollBack($connection);
            }

            $pdo = $connection->getRawPdo();

            if ($pdo instanceof PDO && $pdo->inTransaction()) {
                // Begun with a statement, of which the connection knows nothing.
                $connection->disconnect();
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
