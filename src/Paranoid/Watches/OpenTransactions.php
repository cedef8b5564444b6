<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;
use Illuminate\Database\Connection;
use PDO;

/**
 * Transactions that are open on connections which were made.
 *
 * The driver is asked as well: what was begun past Laravel's own counter, by a
 * statement or on the driver's object, is nothing that a reset could know of.
 */
final class OpenTransactions implements Watch
{
    private Readings $readings;

    public function __construct()
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = [];

        foreach ($moment->app->resolved('db') ? $moment->app->make('db')->getConnections() : [] as $name => $connection) {
            if ($connection instanceof Connection && $this->isOpen($connection)) {
                $now["transaction on {$name}"] = new Reading('open', 'open');
            }
        }

        return $this->readings->compareSet($now, canSettle: false);
    }

    private function isOpen(Connection $connection): bool
    {
        $driver = $connection->getRawPdo();

        return $connection->transactionLevel() > 0 || ($driver instanceof PDO && $driver->inTransaction());
    }
}
