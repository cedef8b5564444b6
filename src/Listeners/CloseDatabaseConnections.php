<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\TemplateForking;
use Illuminate\Database\Connection;

/**
 * Closes the database connections; each worker opens its own when it first needs one.
 */
final class CloseDatabaseConnections
{
    /** Handle the event. */
    public function handle(TemplateForking $event): void
    {
        if (! $event->app->resolved('db')) {
            return;
        }

        foreach ($event->app->make('db')->getConnections() as $connection) {
            if (! $this->isInMemory($connection)) {
                $connection->disconnect();
            }
        }
    }

    /** Whether all of the database is in this process: a fork has a copy, and nothing else has it. */
    private function isInMemory(Connection $connection): bool
    {
        $database = (string) $connection->getDatabaseName();

        return $connection->getDriverName() === 'sqlite'
            && (str_contains($database, ':memory:') || str_contains($database, 'mode=memory'));
    }
}
