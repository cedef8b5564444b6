<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Testing\Fakes\FakeStore;
use Illuminate\Cache\Lock;
use Illuminate\Console\Scheduling\CacheSchedulingMutex;
use Illuminate\Console\Scheduling\Schedule;
use Illuminate\Contracts\Cache\LockTimeoutException;
use Illuminate\Support\Carbon;
use PHPUnit\Framework\Attributes\Group;

class LockTest extends StoreTestCase
{
    public function test_a_lock_is_taken_once_and_given_back_by_its_owner(): void
    {
        $first = $this->lock('name', 10);
        $second = $this->lock('name', 10);

        $this->assertTrue($first->get());
        $this->assertFalse($first->get());
        $this->assertFalse($second->get());
        $this->assertFalse($second->release());
        $this->assertTrue($first->release());
        $this->assertFalse($first->release());
        $this->assertTrue($second->get());
    }

    public function test_a_lock_frees_itself_after_its_seconds_and_not_before(): void
    {
        $this->freezeTime();
        $this->lock('short', 10)->get();
        $this->lock('lasting')->get();

        $this->travel(9)->seconds();
        $this->assertFalse($this->lock('short', 10)->get());

        $this->travel(1)->seconds();
        $this->assertTrue($this->lock('short', 10)->get());

        $this->travel(10)->years();
        $this->assertFalse($this->lock('lasting')->get());
    }

    public function test_the_callback_has_the_lock_and_nobody_has_it_afterwards(): void
    {
        $inside = $this->lock('name', 10)->get(fn (): bool => $this->lock('name', 10)->get());

        $this->assertFalse($inside);
        $this->assertTrue($this->lock('name', 10)->get());
    }

    public function test_an_owner_elsewhere_gives_the_lock_back(): void
    {
        $lock = $this->lock('name', 10);
        $lock->get();

        $this->assertFalse($this->cache()->restoreLock('name', 'somebody')->release());
        $this->assertTrue($this->cache()->restoreLock('name', $lock->owner())->release());
        $this->assertTrue($this->lock('name', 10)->get());
    }

    public function test_a_lock_can_be_freed_whoever_has_it(): void
    {
        $this->lock('name', 10)->get();

        $this->lock('name')->forceRelease();

        $this->assertTrue($this->lock('name', 10)->get());
    }

    public function test_a_lock_is_had_for_longer_by_its_owner_only(): void
    {
        $this->freezeTime();
        $lock = $this->lock('name', 10);
        $lock->get();

        $this->assertTrue($lock->refresh(100));
        $this->assertFalse($this->lock('name', 10)->refresh(100));

        $this->travel(99)->seconds();
        $this->assertFalse($this->lock('name', 10)->get());
        $this->assertTrue($lock->refresh());

        $this->travel(10)->seconds();
        $this->assertFalse($lock->refresh());
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_everybody_sees_whether_a_lock_is_taken_and_by_whom(): void
    {
        $lock = $this->lock('name', 10);

        $this->assertFalse($lock->isLocked());
        $lock->get();
        $this->assertTrue($this->lock('name')->isLocked());
        $this->assertTrue($lock->isOwnedByCurrentProcess());
        $this->assertFalse($this->lock('name')->isOwnedByCurrentProcess());
    }

    public function test_who_waits_gets_the_lock_in_time_or_an_exception(): void
    {
        $this->assertSame('done', $this->lock('free', 10)->block(1, fn (): string => 'done'));
        $this->assertTrue($this->lock('free', 10)->block(1));

        $this->expectException(LockTimeoutException::class);
        $this->lock('free', 10)->block(0.01, fn () => $this->fail('nobody has freed it'));
    }

    public function test_the_lock_is_given_back_when_the_callback_throws(): void
    {
        try {
            $this->lock('name', 10)->block(1, fn () => throw new \LogicException('expected'));
        } catch (\LogicException) {
        }

        $this->assertTrue($this->lock('name', 10)->get());
    }

    public function test_who_waits_waits_in_the_store_for_no_longer_than_between_two_attempts(): void
    {
        $waits = [];
        $this->app->instance(\Askr\Laravel\Contracts\SharedStore::class, new class($waits) extends FakeStore
        {
            /** @param  list<int>  $waits */
            public function __construct(private array &$waits)
            {
            }

            public function acquireLock(string $key, string $owner, int $ttlMs, int $waitMs = 0, bool $untilDeath = false): bool
            {
                $this->waits[] = $waitMs;

                return count($this->waits) === 3;
            }
        });

        $this->lock('name', 10)->betweenBlockedAttemptsSleepFor(40)->block(100);

        $this->assertSame([40, 40, 40], $waits);
    }

    public function test_a_lock_can_end_with_the_process_that_has_it(): void
    {
        $this->lock('kept', 10)->get();
        $this->lock('ending', 10)->untilDeath()->get();

        $this->assertSame([$this->cache()->getStore()->getPrefix().'ending'], $this->shared->endWithProcess);
    }

    public function test_a_task_for_one_server_runs_once_in_a_minute(): void
    {
        $mutex = (new CacheSchedulingMutex($this->app->make('cache')))->useStore('askr');
        $event = $this->app->make(Schedule::class)->command('inspire')->everyMinute();
        $time = Carbon::create(2026, 11, 22, 12, 30);

        $this->assertTrue($mutex->create($event, $time));
        $this->assertFalse($mutex->create($event, $time));
        $this->assertTrue($mutex->create($event, $time->copy()->addMinute()));
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_only_so_many_pass_a_funnel_at_once(): void
    {
        $nested = fn (string $name) => $this->cache()->funnel('f')->limit(2)->releaseAfter(60)->block(0)->then(
            fn (): string => $name,
            fn (): string => 'refused',
        );

        $inner = $this->cache()->funnel('f')->limit(2)->releaseAfter(60)->block(0)->then(fn () => [
            $nested('second'),
            $this->cache()->funnel('f')->limit(2)->releaseAfter(60)->block(0)->then(fn () => $nested('third'), fn () => ''),
        ], fn () => []);

        $this->assertSame(['second', 'refused'], $inner);
    }

    private function lock(string $name, int $seconds = 0): Lock
    {
        return $this->cache()->lock($name, $seconds);
    }
}
