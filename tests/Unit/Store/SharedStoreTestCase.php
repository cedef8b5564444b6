<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Space;
use Askr\StoreException;
use PHPUnit\Framework\TestCase;

/**
 * What both ends of the store do alike, and the fake.
 */
abstract class SharedStoreTestCase extends TestCase
{
    abstract protected function store(): SharedStore;

    public function test_a_value_keeps_its_type(): void
    {
        foreach (['', 'text', "binary \0\r\n\xff", '5', 5, -7, PHP_INT_MIN, 0.1, -2.5e300, 5e-324, 3.0, INF, str_repeat('x', 3_000_000)] as $value) {
            $this->store()->set('key', $value, 0, Space::Cache);

            $this->assertSame($value, $this->store()->get('key', Space::Cache));
        }

        $this->store()->set('key', NAN, 0, Space::Cache);
        $this->assertNan($this->store()->get('key', Space::Cache));
        $this->assertNull($this->store()->get('none', Space::Cache));
    }

    public function test_many_are_written_and_read(): void
    {
        $values = array_combine(array_map(fn (int $number): string => "key {$number}", range(1, 2500)), range(1, 2500));
        $this->store()->setMany($values + ['text' => 'some'], 0, Space::Counters);

        $read = $this->store()->many([...array_keys($values), 'none', 'text'], Space::Counters);

        $this->assertSame($values + ['none' => null, 'text' => 'some'], $read);
        $this->assertSame([], $this->store()->many([], Space::Counters));
        $this->assertSame([7 => 'seven'], $this->digits());
    }

    public function test_entries_are_added_replaced_and_deleted(): void
    {
        $this->assertTrue($this->store()->add('key', 'one', 0, Space::Cache));
        $this->assertFalse($this->store()->add('key', 'two', 0, Space::Cache));
        $this->assertFalse($this->store()->replace('key', 'two', 'three', 0, Space::Cache));
        $this->assertTrue($this->store()->replace('key', 'one', 1, 0, Space::Cache));
        $this->assertFalse($this->store()->replace('key', '1', 2, 0, Space::Cache), 'another type is another value');
        $this->assertTrue($this->store()->delete('key', Space::Cache));
        $this->assertFalse($this->store()->delete('key', Space::Cache));
    }

    public function test_numbers_are_added_to_and_text_is_not(): void
    {
        $this->assertSame(3, $this->store()->increment('key', 3, 60_000, Space::Counters));
        $this->assertSame(1, $this->store()->increment('key', -2, 0, Space::Counters));
        $this->assertSame(1.5, $this->store()->increment('key', 0.5, 0, Space::Counters));
        $this->assertEqualsWithDelta(60_000, $this->store()->remaining('key', Space::Counters), 30_000);

        $this->store()->set('key', 'five', 0, Space::Counters);

        try {
            $this->store()->increment('key', 1, 0, Space::Counters);
            $this->fail('text was added to');
        } catch (StoreException $exception) {
            $this->assertSame(StoreException::NOT_A_NUMBER, $exception->getCode());
        }
    }

    public function test_an_entry_stays_as_long_as_it_was_told_last(): void
    {
        $this->store()->set('key', 1, 1_000_000, Space::Sessions);
        $this->assertEqualsWithDelta(1_000_000, $this->store()->remaining('key', Space::Sessions), 30_000);

        $this->assertTrue($this->store()->touch('key', 0, Space::Sessions));
        $this->assertSame(-1, $this->store()->remaining('key', Space::Sessions));

        $this->assertFalse($this->store()->touch('none', 10, Space::Sessions));
        $this->assertNull($this->store()->remaining('none', Space::Sessions));
    }

    public function test_spaces_are_apart(): void
    {
        foreach (Space::cases() as $space) {
            $this->store()->set('key', $space->value, 0, $space);
        }

        $this->store()->flush(Space::Cache);

        $this->assertNull($this->store()->get('key', Space::Cache));
        $this->assertSame('counters', $this->store()->get('key', Space::Counters));
        $this->assertSame('sessions', $this->store()->get('key', Space::Sessions));
        $this->assertSame(1, $this->store()->statistics()['sessions']['entries']);
    }

    public function test_entries_end_with_their_tags(): void
    {
        $this->store()->set('one', 1, 0, Space::Cache, ['a', 'b']);
        $this->store()->add('two', 2, 0, Space::Cache, ['b']);
        $this->store()->setMany(['three' => 3, 'four' => 4], 0, Space::Cache, ['a', 'c']);
        $this->store()->set('five', 5, 0, Space::Cache);

        $this->store()->forgetTag('a');

        $this->assertSame(
            ['one' => null, 'two' => 2, 'three' => null, 'four' => null, 'five' => 5],
            $this->store()->many(['one', 'two', 'three', 'four', 'five'], Space::Cache),
        );
    }

    public function test_a_lock_has_one_owner(): void
    {
        $this->assertNull($this->store()->lockOwner('lock'));
        $this->assertTrue($this->store()->acquireLock('lock', 'me', 60_000));
        $this->assertFalse($this->store()->acquireLock('lock', 'you', 60_000, 10));
        $this->assertSame('me', $this->store()->lockOwner('lock'));
        $this->assertFalse($this->store()->refreshLock('lock', 'you', 60_000));
        $this->assertTrue($this->store()->refreshLock('lock', 'me', 60_000));
        $this->assertFalse($this->store()->releaseLock('lock', 'you'));
        $this->assertTrue($this->store()->releaseLock('lock', 'me'));

        $this->assertTrue($this->store()->acquireLock('lock', 'you', 0));
        $this->assertTrue($this->store()->forceReleaseLock('lock'));
        $this->assertFalse($this->store()->forceReleaseLock('lock'));

        $this->store()->acquireLock('lock', 'me', 0);
        $this->store()->flushLocks();
        $this->assertTrue($this->store()->acquireLock('lock', 'you', 0));
    }

    /** @return array<array-key, mixed> */
    private function digits(): array
    {
        $this->store()->setMany(['7' => 'seven'], 0, Space::Counters);

        return $this->store()->many(['7'], Space::Counters);
    }
}
