<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use App\Models\Tree;
use Askr\Laravel\Listeners\DisconnectFromOtherDatabases;
use Askr\Laravel\Listeners\RestoreConnections;
use Askr\Laravel\Listeners\RestoreEventListeners;
use Askr\Laravel\Listeners\RestoreModels;
use Askr\Laravel\Listeners\RestoreTransactionCallbacks;
use Askr\Laravel\Listeners\RollBackOpenTransactions;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Schema\Builder;
use Illuminate\Foundation\Application;

class DatabaseStateTest extends StateTestCase
{
    public function test_listeners_are_those_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreEventListeners::class,
            fn (Application $app): array => [
                $app['events']->hasListeners('leaf'),
                $app['events']->hasListeners('branch.leaf'),
            ],
            function (Application $app): void {
                $app['events']->listen('leaf', fn () => null);
                $app['events']->listen('branch.*', fn () => null);
            },
        );
    }

    public function test_models_are_as_strict_as_the_application_wants(): void
    {
        $this->assertRestoredBy(
            RestoreModels::class,
            fn (): array => [
                Model::isUnguarded(),
                Model::preventsLazyLoading(),
                array_keys(self::property(Model::class, 'globalScopes')[Tree::class] ?? []),
            ],
            function (): void {
                Model::unguard();
                Model::preventLazyLoading();
                Tree::addGlobalScope('tenant', fn ($query) => $query->where('tenant', 7));
            },
        );
    }

    public function test_connections_are_as_they_were_made(): void
    {
        $this->assertRestoredBy(
            RestoreConnections::class,
            fn (Application $app): array => [
                $app['db']->connection()->getTablePrefix(),
                $app['db']->connection()->logging(),
                $app['db']->connection()->getQueryLog(),
                $app['db']->connection()->hasModifiedRecords(),
                array_keys($app['db']->getConnections()),
                Builder::$defaultStringLength,
            ],
            function (Application $app): void {
                $app['db']->connection()->setTablePrefix('tenant_7_');
                $app['db']->connection()->enableQueryLog();
                $app['db']->connection()->select('select 1');
                $app['db']->connection()->recordsHaveBeenModified();
                $app['config']->set('database.connections.tenant', ['driver' => 'sqlite', 'database' => ':memory:']);
                $app['db']->connection('tenant')->select('select 1');
                $app['db.schema']->defaultStringLength(7);
            },
        );
    }

    public function test_a_connection_goes_to_the_configured_database(): void
    {
        $databases = [$this->database(), $this->database()];

        $this->assertRestoredBy(
            DisconnectFromOtherDatabases::class,
            fn (Application $app): string => $app['db']->connection('tenant')->select('pragma database_list')[0]->file,
            function (Application $app) use ($databases): void {
                $app['config']->set('database.connections.tenant.database', $databases[1]);
                $app['db']->reconnect('tenant');
            },
            function (Application $app) use ($databases): void {
                $app['config']->set('database.connections.tenant', ['driver' => 'sqlite', 'database' => $databases[0]]);
                $app['db']->connection('tenant');
            },
        );
    }

    public function test_a_connection_made_by_a_request_stays_open_if_it_is_a_configured_one(): void
    {
        $this->app['config']->set('database.connections.second', ['driver' => 'sqlite', 'database' => ':memory:']);
        $look = fn (): string => (string) spl_object_id($this->app['db']->connection('second')->getPdo());

        $bodies = $this->bodies(['look' => $look], '/look', '/look', '/look', '/look');

        // The first request made it, in what may have been a configuration of its own.
        $this->assertCount(1, array_unique(array_slice($bodies, 1)));
        $this->assertSame(['second'], array_keys($this->app['db']->getConnections()));
    }

    public function test_what_was_to_be_done_after_a_commit_is_not_done_by_another_request(): void
    {
        $this->assertRestoredBy(
            RestoreTransactionCallbacks::class,
            fn (Application $app): int => count($app['db.transactions']->getPendingTransactions()),
            // As a connection does that the manager of connections does not know.
            fn (Application $app) => $app['db.transactions']->begin('elsewhere', 1),
        );
    }

    public function test_a_transaction_that_nobody_ended_ends_with_its_request(): void
    {
        $this->assertRestoredBy(
            RollBackOpenTransactions::class,
            fn (Application $app): int => $app['db']->connection()->transactionLevel(),
            fn (Application $app) => $app['db']->connection()->beginTransaction(),
            fn (Application $app) => $app['db']->connection(),
        );
    }

    public function test_a_transaction_begun_with_a_statement_ends_with_its_request(): void
    {
        $this->assertRestoredBy(
            RollBackOpenTransactions::class,
            fn (Application $app): bool => $app['db']->connection()->getPdo()->inTransaction(),
            fn (Application $app) => $app['db']->connection()->statement('begin'),
            fn (Application $app) => $app['db']->connection(),
        );
    }

    public function test_a_database_that_has_gone_in_a_transaction_costs_the_next_request_nothing(): void
    {
        $connection = $this->app['db']->connection();
        $client = $this->serve([
            'begin' => function () use ($connection): string {
                $connection->beginTransaction();
                // PDO has no transaction any more, and says so when it is to roll it back.
                $connection->getPdo()->rollBack();

                return 'begun';
            },
            'look' => fn (): string => (string) $connection->transactionLevel(),
        ], '/begin', '/look', '/begin');

        $this->assertSame(0, $client->failures);
        $this->assertSame('0', $client->responses[1]->getContent());
    }

    private function database(): string
    {
        $path = (string) tempnam(sys_get_temp_dir(), 'askr-test-');
        $this->beforeApplicationDestroyed(fn () => is_file($path) && unlink($path));

        return $path;
    }
}
