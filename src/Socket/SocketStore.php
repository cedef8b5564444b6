<?php

declare(strict_types=1);

namespace Askr\Laravel\Socket;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreRefused;
use Askr\Laravel\Store\Space;

/**
 * The store, by the socket of the server that has it: for processes that are not the server's.
 */
class SocketStore implements SharedStore
{
    /** Of many entries so many make one command, if they are small. */
    private const ENTRIES_MAX = 1000;

    private const BYTES_MAX = 1 << 20;

    /** Longer no lock is waited for by one command. */
    private const WAIT_MS_MAX = 60_000;

    public function __construct(private RespConnection $connection)
    {
    }

    /** The value of an entry, or null when there is none. */
    public function get(string $key, Space $space): string|int|float|null
    {
        return TypedValue::decode($this->call($space, 'ASKR.GET', $key));
    }

    /** The values of several entries, null for those that are not there. */
    public function many(array $keys, Space $space): array
    {
        $values = [];

        foreach (array_chunk($keys, self::ENTRIES_MAX) as $some) {
            $found = array_map(TypedValue::decode(...), (array) $this->call($space, 'ASKR.MGET', ...$some));
            $values += array_combine($some, $found);
        }

        return $values;
    }

    /** Write an entry, over one that is there. */
    public function set(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): void
    {
        $this->call($space, 'ASKR.SET', $key, (string) $ttlMs, ...TypedValue::encode($value), ...$tags);
    }

    /** Write several entries. */
    public function setMany(array $values, int $ttlMs, Space $space, array $tags = []): void
    {
        [$command, $bytes] = [[], 0];

        foreach ($values as $key => $value) {
            if ($tags !== []) {
                $this->set((string) $key, $value, $ttlMs, $space, $tags);

                continue;
            }

            array_push($command, (string) $key, ...TypedValue::encode($value));
            $bytes += is_string($value) ? strlen($value) : 0;

            if (count($command) >= self::ENTRIES_MAX || $bytes >= self::BYTES_MAX) {
                $this->call($space, 'ASKR.MSET', (string) $ttlMs, ...$command);
                [$command, $bytes] = [[], 0];
            }
        }

        $command === [] ?: $this->call($space, 'ASKR.MSET', (string) $ttlMs, ...$command);
    }

    /** Write an entry unless there is one, and say whether it was written. */
    public function add(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): bool
    {
        return $this->call($space, 'ASKR.ADD', $key, (string) $ttlMs, ...TypedValue::encode($value), ...$tags) === 1;
    }

    /** Write an entry if it holds what is expected, and say whether it was written. */
    public function replace(string $key, string|int|float $expected, string|int|float $value, int $ttlMs, Space $space): bool
    {
        $pair = [...TypedValue::encode($expected), ...TypedValue::encode($value)];

        return $this->call($space, 'ASKR.REPLACE', $key, (string) $ttlMs, ...$pair) === 1;
    }

    /** Add to a number, and give the sum. */
    public function increment(string $key, int|float $by, int $ttlMs, Space $space): int|float
    {
        return TypedValue::decode($this->call($space, 'ASKR.INCR', $key, (string) $ttlMs, ...TypedValue::encode($by)));
    }

    /** Give an entry another time to stay, and say whether there is one. */
    public function touch(string $key, int $ttlMs, Space $space): bool
    {
        return $this->call($space, 'ASKR.TOUCH', $key, (string) $ttlMs) === 1;
    }

    /** For how many milliseconds an entry stays: -1 is for ever, null is no entry. */
    public function remaining(string $key, Space $space): ?int
    {
        $remaining = $this->call($space, 'PTTL', $key);

        return $remaining === -2 ? null : $remaining;
    }

    /** Delete an entry, and say whether there was one. */
    public function delete(string $key, Space $space): bool
    {
        return $this->call($space, 'DEL', $key) === 1;
    }

    /** Delete all entries of a space. */
    public function flush(Space $space): void
    {
        $this->call($space, 'FLUSHDB');
    }

    /** End all entries of the cache that have a tag. */
    public function forgetTag(string $tag): void
    {
        $this->call(Space::Cache, 'ASKR.FORGETTAG', $tag);
    }

    /**
     * Take a lock, and say whether it was to be had within the time to wait.
     *
     * @throws StoreRefused
     */
    public function acquireLock(string $key, string $owner, int $ttlMs, int $waitMs = 0, bool $untilDeath = false): bool
    {
        if ($untilDeath) {
            throw StoreRefused::locksUntilDeath();
        }

        $waitMs = min($waitMs, self::WAIT_MS_MAX);
        $command = ['ASKR.LOCK', $key, $owner, (string) $ttlMs, (string) $waitMs];

        return $this->connection->call(0, $command, $waitMs / 1000) === 1;
    }

    /** Give a lock back, and say whether this owner had it. */
    public function releaseLock(string $key, string $owner): bool
    {
        return $this->call(Space::Cache, 'ASKR.UNLOCK', $key, $owner) === 1;
    }

    /** Give a lock another time to stay, and say whether this owner has it. */
    public function refreshLock(string $key, string $owner, int $ttlMs): bool
    {
        return $this->call(Space::Cache, 'ASKR.REFRESH', $key, $owner, (string) $ttlMs) === 1;
    }

    /** Who has a lock, or null when nobody does. */
    public function lockOwner(string $key): ?string
    {
        return $this->call(Space::Cache, 'ASKR.OWNER', $key);
    }

    /** Free a lock, whoever has it, and say whether somebody had. */
    public function forceReleaseLock(string $key): bool
    {
        return $this->call(Space::Cache, 'ASKR.FORCEUNLOCK', $key) === 1;
    }

    /** Free all locks. */
    public function flushLocks(): void
    {
        $this->call(Space::Cache, 'ASKR.UNLOCKALL');
    }

    /** What is in each part of the store, and what happened there, by its name. */
    public function statistics(): array
    {
        $reply = (array) $this->call(Space::Cache, 'ASKR.STATS');

        return array_map(self::pairs(...), self::pairs($reply));
    }

    /**
     * Values by name, of a list in which either is followed by the other.
     *
     * @param  list<mixed>  $list
     * @return array<string, mixed>
     */
    private static function pairs(array $list): array
    {
        return array_column(array_chunk($list, 2), 1, 0);
    }

    private function call(Space $space, string ...$command): mixed
    {
        $database = match ($space) {
            Space::Cache => 0,
            Space::Counters => 1,
            Space::Sessions => 2,
        };

        return $this->connection->call($database, $command);
    }
}
