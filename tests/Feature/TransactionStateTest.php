<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;

class TransactionStateTest extends TestCase
{
    public function test_a_transaction_that_nobody_ended_does_not_swallow_what_the_next_request_writes(): void
    {
        $database = $this->app->make('db')->connection();
        $database->statement('create table leaves (name text)');

        $bodies = $this->bodies([
            'begin' => function () use ($database): string {
                $database->beginTransaction();
                $database->beginTransaction();
                $database->insert("insert into leaves values ('left behind')");

                return (string) $database->transactionLevel();
            },
            'write' => function () use ($database): string {
                $database->insert("insert into leaves values ('kept')");

                return (string) $database->transactionLevel();
            },
        ], '/begin', '/write', '/begin', '/write');

        $this->assertSame(['2', '0', '2', '0'], $bodies);
        $this->assertSame(['kept', 'kept'], $database->table('leaves')->pluck('name')->all());
    }
}
