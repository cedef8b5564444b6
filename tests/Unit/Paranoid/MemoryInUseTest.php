<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Watches\MemoryInUse;
use PHPUnit\Framework\TestCase;

class MemoryInUseTest extends TestCase
{
    private const MB = 1 << 20;

    public function test_memory_that_keeps_growing_is_found(): void
    {
        $changes = $this->changes(fn (int $look): int => 20 * self::MB + $look * 2048);

        $this->assertCount(4, $changes);
        $this->assertSame(200 * 2048, $changes[0]->growth());
    }

    public function test_caches_that_fill_and_garbage_that_waits_are_not(): void
    {
        $this->assertSame([], $this->changes(fn (int $look): int => 20 * self::MB + min($look, 140) * 10_000));
        $this->assertSame([], $this->changes(fn (int $look): int => 20 * self::MB + ($look % 40) * 100_000));
        $this->assertSame([], $this->changes(fn (int $look): int => 20 * self::MB + $look * 16));
    }

    /**
     * @param  callable(int): int  $bytes
     * @return list<Change>
     */
    private function changes(callable $bytes): array
    {
        $watch = new MemoryInUse;

        return array_merge(...array_map(fn (int $look): array => $watch->note($bytes($look)), range(0, 999)));
    }
}
