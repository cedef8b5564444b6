<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Octane\OctaneStore;
use Askr\Laravel\Octane\OctaneWithTables;
use Askr\Laravel\Octane\SharedTable;
use Askr\Laravel\Store\Space;
use Askr\Laravel\Testing\Fakes\FakeStore;
use InvalidArgumentException;
use Laravel\Octane\Exceptions\ValueTooLargeForColumnException;
use Laravel\Octane\Octane;
use PHPUnit\Framework\Attributes\PreserveGlobalState;
use PHPUnit\Framework\Attributes\RunTestsInSeparateProcesses;

#[RunTestsInSeparateProcesses]
#[PreserveGlobalState(false)]
class OctaneTest extends StoreTestCase
{
    protected function setUp(): void
    {
        require_once dirname(__DIR__, 2).'/fixtures/octane/events.php';
        require_once dirname(__DIR__, 2).'/fixtures/octane/tables.php';

        parent::setUp();

        $this->app->singleton('octane', Octane::class);
        $this->app->make('config')->set([
            'octane.tables' => ['example:1000' => ['name' => 'string:10', 'votes' => 'int', 'share' => 'float']],
        ]);
    }

    public function test_tables_are_the_stores_and_all_else_is_octanes(): void
    {
        $octane = $this->app->make('octane');

        $this->assertInstanceOf(OctaneWithTables::class, $octane);
        $this->assertInstanceOf(SharedTable::class, $octane->table('example'));
        $this->assertSame([1, 2], $octane->concurrently([fn () => 1, fn () => 2]));

        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('config/octane.php');
        $octane->table('other');
    }

    public function test_rows_have_the_types_of_their_columns(): void
    {
        $table = $this->table();

        $this->assertFalse($table->get('a'));
        $this->assertTrue($table->set('a', ['name' => 'ash', 'votes' => '7']));
        $this->assertSame(['name' => 'ash', 'share' => 0.0, 'votes' => 7], $this->sorted($table->get('a')));
        $this->assertSame('ash', $table->get('a', 'name'));
        $this->assertFalse($table->get('a', 'none'));

        $table->set('a', ['share' => 1]);
        $this->assertSame(['name' => 'ash', 'share' => 1.0, 'votes' => 7], $this->sorted($table->get('a')));
        $this->assertTrue($table->exists('a') && $table->exist('a'));
        $this->assertTrue($table->del('a'));
        $this->assertFalse($table->delete('a'));
        $this->assertFalse($table->exists('a'));
    }

    public function test_columns_are_added_to(): void
    {
        $table = $this->table();

        $this->assertSame(1, $table->incr('a', 'votes'));
        $this->assertSame(11, $table->incr('a', 'votes', 10));
        $this->assertSame(9, $table->decr('a', 'votes', 2));
        $this->assertSame(0.5, $table->incr('a', 'share', 0.5));
    }

    public function test_a_row_that_somebody_else_changes_meanwhile_has_both_changes(): void
    {
        $this->app->instance(SharedStore::class, new class extends FakeStore
        {
            private int $interruptions = 3;

            public function replace(string $key, string|int|float $expected, string|int|float $value, int $ttlMs, Space $space): bool
            {
                if ($this->interruptions-- > 0) {
                    $row = unserialize($this->get($key, $space));
                    $this->set($key, serialize(['votes' => $row['votes'] + 1] + $row), 0, $space);
                }

                return parent::replace($key, $expected, $value, $ttlMs, $space);
            }
        });

        $this->table()->set('a', ['votes' => 1]);

        $this->assertSame(5, $this->table()->incr('a', 'votes'));
    }

    public function test_what_does_not_fit_a_column_is_refused(): void
    {
        try {
            $this->table()->set('a', ['none' => 1]);
            $this->fail('there is no such column');
        } catch (InvalidArgumentException $exception) {
            $this->assertStringContainsString('[none]', $exception->getMessage());
        }

        $this->expectException(ValueTooLargeForColumnException::class);
        $this->table()->set('a', ['name' => 'eleven letters']);
    }

    public function test_the_cache_store_is_the_servers_under_keys_of_its_own(): void
    {
        $this->assertInstanceOf(OctaneStore::class, $this->cache('octane')->getStore());
        $this->cache('octane')->put('key', 1, 60);

        $this->assertNull($this->cache()->get('key'));
        $this->assertSame(1, $this->cache('octane')->get('key'));
    }

    public function test_a_value_renews_itself_when_it_is_due_and_is_computed_once_for_all(): void
    {
        $this->freezeTime();
        $calls = 0;
        $this->cache('octane')->interval('random', function () use (&$calls): int {
            return ++$calls;
        }, 5);
        $other = clone $this->cache('octane');

        $this->assertSame([1, 1], [$this->cache('octane')->get('random'), $other->get('random')]);
        $this->travel(5)->seconds();
        $this->assertSame([2, 2], [$this->cache('octane')->get('random'), $other->get('random')]);
    }

    private function table(): SharedTable
    {
        return $this->app->make('octane')->table('example');
    }

    /**
     * @param  array<string, mixed>  $row
     * @return array<string, mixed>
     */
    private function sorted(array $row): array
    {
        ksort($row);

        return $row;
    }
}
