<?php

declare(strict_types=1);

namespace Askr\Laravel\Native;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Space;
use Error;

/**
 * The store, in the memory that this process of the server shares with the others.
 */
class NativeStore implements SharedStore
{
    /** Whether the server runs this process and has a store: the binary's own command line has the functions only. */
    public static function isAvailable(): bool
    {
        if (! function_exists('askr_store_statistics')) {
            return false;
        }

        try {
            return askr_store_statistics() !== [];
        } catch (Error) {
            return false;
        }
    }

    /** The value of an entry, or null when there is none. */
    public function get(string $key, Space $space): string|int|float|null
    {
        return askr_cache_get($key, $space->value);
    }

    /** The values of several entries, null for those that are not there. */
    public function many(array $keys, Space $space): array
    {
        return askr_cache_many($keys, $space->value);
    }

    /** Write an entry, over one that is there. */
    public function set(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): void
    {
        askr_cache_set($key, $value, $ttlMs, $tags, $space->value);
    }

    /** Write several entries. */
    public function setMany(array $values, int $ttlMs, Space $space, array $tags = []): void
    {
        askr_cache_set_many($values, $ttlMs, $tags, $space->value);
    }

    /** Write an entry unless there is one, and say whether it was written. */
    public function add(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): bool
    {
        return askr_cache_add($key, $value, $ttlMs, $tags, $space->value);
    }

    /** Write an entry if it holds what is expected, and say whether it was written. */
    public function replace(string $key, string|int|float $expected, string|int|float $value, int $ttlMs, Space $space): bool
    {
        return askr_cache_replace($key, $expected, $value, $ttlMs, $space->value);
    }

    /** Add to a number, and give the sum. */
    public function increment(string $key, int|float $by, int $ttlMs, Space $space): int|float
    {
        return askr_cache_increment($key, $by, $ttlMs, $space->value);
    }

    /** Give an entry another time to stay, and say whether there is one. */
    public function touch(string $key, int $ttlMs, Space $space): bool
    {
        return askr_cache_touch($key, $ttlMs, $space->value);
    }

    /** For how many milliseconds an entry stays: -1 is for ever, null is no entry. */
    public function remaining(string $key, Space $space): ?int
    {
        return askr_cache_ttl($key, $space->value);
    }

    /** Delete an entry, and say whether there was one. */
    public function delete(string $key, Space $space): bool
    {
        return askr_cache_delete($key, $space->value);
    }

    /** Delete all entries of a space. */
    public function flush(Space $space): void
    {
        askr_cache_flush($space->value);
    }

    /** End all entries of the cache that have a tag. */
    public function forgetTag(string $tag): void
    {
        askr_cache_forget_tag($tag);
    }

    /** Take a lock, and say whether it was to be had within the time to wait. */
    public function acquireLock(string $key, string $owner, int $ttlMs, int $waitMs = 0, bool $untilDeath = false): bool
    {
        return askr_lock_acquire($key, $owner, $ttlMs, $waitMs, $untilDeath);
    }

    /** Give a lock back, and say whether this owner had it. */
    public function releaseLock(string $key, string $owner): bool
    {
        return askr_lock_release($key, $owner);
    }

    /** Give a lock another time to stay, and say whether this owner has it. */
    public function refreshLock(string $key, string $owner, int $ttlMs): bool
    {
        return askr_lock_refresh($key, $owner, $ttlMs);
    }

    /** Who has a lock, or null when nobody does. */
    public function lockOwner(string $key): ?string
    {
        return askr_lock_owner($key);
    }

    /** Free a lock, whoever has it, and say whether somebody had. */
    public function forceReleaseLock(string $key): bool
    {
        return askr_lock_force_release($key);
    }

    /** Free all locks. */
    public function flushLocks(): void
    {
        askr_lock_flush();
    }

    /** What is in each part of the store, and what happened there, by its name. */
    public function statistics(): array
    {
        return askr_store_statistics();
    }
}
