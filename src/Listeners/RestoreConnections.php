<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\Connection;
use Illuminate\Database\DatabaseManager;
use Illuminate\Database\Schema\Builder;
use InvalidArgumentException;

/**
 * Keeps database connections open, and forgets what a request did to them: query
 * log, query times, callbacks, prefix, and that something was written.
 */
final class RestoreConnections
{
    private const PROPERTIES = [
        'database', 'tablePrefix', 'queryGrammar', 'schemaGrammar', 'postProcessor', 'events', 'fetchMode',
        'transactionsManager', 'recordsModified', 'readOnWriteConnection', 'queryLog', 'loggingQueries',
        'totalQueryDuration', 'queryDurationHandlers', 'pretending', 'beforeStartingTransaction',
        'beforeExecutingCallbacks', 'latestPdoTypeRetrieved',
    ];

    private ClassState $builders;

    private ?DatabaseManager $database = null;

    private ?ObjectState $manager = null;

    /** @var array<string, Connection> */
    private array $connections = [];

    /** @var array<string, Connection> Those that go through PDO; there are others. */
    private array $withPdo = [];

    /** @var list<ObjectState> */
    private array $states = [];

    public function __construct(Application $app)
    {
        $this->builders = new ClassState([
            Builder::class => ['defaultStringLength', 'defaultTimePrecision', 'defaultMorphKeyType'],
        ]);

        if ($app->resolved('db')) {
            $this->database = $app->make('db');
            $this->keep($this->database);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->builders->restore();

        if ($this->database === null) {
            return;
        }

        $now = $this->database->getConnections();
        $this->manager?->restore();

        foreach ($this->states as $state) {
            $state->restore();
        }

        $this->reopen($this->database);

        if ($now !== $this->connections) {
            $this->replace($now, $this->database);
        }
    }

    /** Let closed connections open again when they are used, as new ones do. */
    private function reopen(DatabaseManager $database): void
    {
        foreach ($this->withPdo as $name => $connection) {
            if ($connection->getRawPdo() === null) {
                $database->reconnect($name);
            }
        }
    }

    /** Make the connections that are there now the ones to go back to. */
    private function keep(DatabaseManager $database): void
    {
        $this->connections = $database->getConnections();
        $this->withPdo = array_filter(
            $this->connections,
            fn (Connection $connection): bool => $connection->getRawPdo() !== null,
        );
        $this->manager = ObjectState::of($database, [
            'connections', 'extensions', 'dynamicConnectionConfigurations', 'reconnector',
        ]);
        $this->states = [];

        foreach ($this->connections as $connection) {
            $this->states[] = ObjectState::of($connection, self::PROPERTIES);
        }
    }

    /**
     * Close the connections that a request made, and have them made as configured.
     *
     * A new one is opened when it is first used, and stays open from then on.
     *
     * @param  array<string, Connection>  $made
     */
    private function replace(array $made, DatabaseManager $database): void
    {
        foreach ($made as $name => $connection) {
            if (($this->connections[$name] ?? null) === $connection) {
                continue;
            }

            $connection->disconnect();

            try {
                $database->connection($name);
            } catch (InvalidArgumentException) {
                // Only the request knew of a connection by this name.
            }
        }

        $this->keep($database);
    }
}
