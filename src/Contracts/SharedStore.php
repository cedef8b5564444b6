<?php

declare(strict_types=1);

namespace Askr\Laravel\Contracts;

use Askr\Laravel\Exceptions\StoreUnavailable;
use Askr\Laravel\Store\Space;
use Askr\StoreException;

/**
 * The store of the server, which all its processes share, as this process reaches it.
 *
 * Values are strings, integers and floats. A time to stay is in milliseconds, and 0
 * is for ever. What the store refuses (a value that is too large, no room, no number
 * to increment) is an `Askr\StoreException`; a store that is not there is a
 * `StoreUnavailable`.
 */
interface SharedStore
{
    /**
     * The value of an entry, or null when there is none.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function get(string $key, Space $space): string|int|float|null;

    /**
     * The values of several entries, null for those that are not there.
     *
     * @param  list<string>  $keys
     * @return array<array-key, string|int|float|null> By key.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function many(array $keys, Space $space): array;

    /**
     * Write an entry, over one that is there.
     *
     * @param  list<string>  $tags  For the cache only: the entry ends when one of them is forgotten.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function set(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): void;

    /**
     * Write several entries.
     *
     * @param  array<array-key, string|int|float>  $values  By key.
     * @param  list<string>  $tags
     *
     * @throws StoreException|StoreUnavailable
     */
    public function setMany(array $values, int $ttlMs, Space $space, array $tags = []): void;

    /**
     * Write an entry unless there is one, and say whether it was written.
     *
     * @param  list<string>  $tags
     *
     * @throws StoreException|StoreUnavailable
     */
    public function add(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): bool;

    /**
     * Write an entry if it holds what is expected, and say whether it was written.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function replace(string $key, string|int|float $expected, string|int|float $value, int $ttlMs, Space $space): bool;

    /**
     * Add to a number, and give the sum.
     *
     * Where there is none it begins at zero and stays for the time given; one that is
     * there stays as long as it did.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function increment(string $key, int|float $by, int $ttlMs, Space $space): int|float;

    /**
     * Give an entry another time to stay, and say whether there is one.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function touch(string $key, int $ttlMs, Space $space): bool;

    /**
     * For how many milliseconds an entry stays: -1 is for ever, null is no entry.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function remaining(string $key, Space $space): ?int;

    /**
     * Delete an entry, and say whether there was one.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function delete(string $key, Space $space): bool;

    /**
     * Delete all entries of a space.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function flush(Space $space): void;

    /**
     * End all entries of the cache that have a tag.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function forgetTag(string $tag): void;

    /**
     * Take a lock, and say whether it was to be had within the time to wait.
     *
     * @param  bool  $untilDeath  Whether it frees when the process that asks dies, too.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function acquireLock(string $key, string $owner, int $ttlMs, int $waitMs = 0, bool $untilDeath = false): bool;

    /**
     * Give a lock back, and say whether this owner had it.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function releaseLock(string $key, string $owner): bool;

    /**
     * Give a lock another time to stay, and say whether this owner has it.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function refreshLock(string $key, string $owner, int $ttlMs): bool;

    /**
     * Who has a lock, or null when nobody does.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function lockOwner(string $key): ?string;

    /**
     * Free a lock, whoever has it, and say whether somebody had.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function forceReleaseLock(string $key): bool;

    /**
     * Free all locks.
     *
     * @throws StoreException|StoreUnavailable
     */
    public function flushLocks(): void;

    /**
     * What is in each part of the store, and what happened there, by its name.
     *
     * @return array<string, array<string, int>>
     *
     * @throws StoreException|StoreUnavailable
     */
    public function statistics(): array;
}
