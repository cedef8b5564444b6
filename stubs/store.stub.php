<?php

/**
 * The functions of the shared store, which exist in PHP when Askr runs it.
 *
 * Like `askr.stub.php` this file is never loaded by the server.
 */

/**
 * Reads an entry of the shared store.
 *
 * The store is one for all processes of the server and outlives each of them:
 * workers, copies, reloads. Its spaces are bounded and flushed each for itself:
 * `cache`, the only one in which entries make room for others, `counters` and
 * `sessions`. All functions of the store exist in the server only, not in
 * `askr php`; where the server has no store (`store_size` is 0) they throw an
 * `Error`.
 *
 * A value is a string of bytes, an integer or a float, and comes back as what it
 * was. A key has 1 to 1024 bytes of any kind.
 *
 * @param  string  $space  `cache`, `counters` or `sessions`.
 * @return string|int|float|null Null when there is no such entry.
 *
 * @throws Askr\StoreException When the key is empty or too long.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_get(string $key, string $space = 'cache'): string|int|float|null
{
}

/**
 * Writes an entry, over one that is there.
 *
 * @param  int  $ttlMs  Milliseconds that it stays; 0 is until it is deleted or evicted.
 * @param  array<array-key, string>  $tags  Ends the entry when one of them is forgotten; in `cache` only.
 * @return true
 *
 * @throws Askr\StoreException When the key or the value does not fit, the space is full, or the
 *                             store is busy; an entry that is there stays as it is.
 * @throws ValueError When the time is negative, or there is no such space, or it takes no tags.
 * @throws Error When the server has no store.
 */
function askr_cache_set(string $key, string|int|float $value, int $ttlMs = 0, array $tags = [], string $space = 'cache'): bool
{
}

/**
 * Writes an entry unless there is one.
 *
 * @param  int  $ttlMs  Milliseconds that it stays; 0 is until it is deleted or evicted.
 * @param  array<array-key, string>  $tags  Ends the entry when one of them is forgotten; in `cache` only.
 * @return bool False when there is one.
 *
 * @throws Askr\StoreException When the key or the value does not fit, the space is full, or the store is busy.
 * @throws ValueError When the time is negative, or there is no such space, or it takes no tags.
 * @throws Error When the server has no store.
 */
function askr_cache_add(string $key, string|int|float $value, int $ttlMs = 0, array $tags = [], string $space = 'cache'): bool
{
}

/**
 * Deletes an entry.
 *
 * @return bool False when there is none.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_delete(string $key, string $space = 'cache'): bool
{
}

/**
 * Reads an entry and deletes it, as one step: of several who try, one gets it.
 *
 * @return string|int|float|null Null when there is no such entry.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_take(string $key, string $space = 'cache'): string|int|float|null
{
}

/**
 * Writes an entry if it holds what is expected: the same value of the same type.
 *
 * @param  int|null  $ttlMs  Milliseconds that it stays; null is as long as it did, 0 until it is deleted or evicted.
 * @return bool False when it holds something else, or there is none.
 *
 * @throws Askr\StoreException When the key or the value does not fit, the space is full, or the store is busy.
 * @throws ValueError When the time is negative, or there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_replace(string $key, string|int|float $expected, string|int|float $value, ?int $ttlMs = null, string $space = 'cache'): bool
{
}

/**
 * Deletes an entry if it holds what is expected: the same value of the same type.
 *
 * @return bool False when it holds something else, or there is none.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_delete_if(string $key, string|int|float $expected, string $space = 'cache'): bool
{
}

/**
 * Adds to a number, as one step.
 *
 * Where there is no entry it begins at zero. An integer and a float make a float.
 *
 * @param  int  $ttlMs  Milliseconds that an entry stays which begins here; one that is there stays as long as it did.
 * @return int|float The sum.
 *
 * @throws Askr\StoreException When the entry is no number, the sum is out of range, the key does not fit,
 *                             the space is full, or the store is busy.
 * @throws ValueError When the time is negative, or there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_increment(string $key, int|float $by = 1, int $ttlMs = 0, string $space = 'cache'): int|float
{
}

/**
 * Takes from a number, as one step; otherwise the same as `askr_cache_increment()`.
 *
 * @param  int  $ttlMs  Milliseconds that an entry stays which begins here; one that is there stays as long as it did.
 * @return int|float The difference.
 *
 * @throws Askr\StoreException When the entry is no number, the difference is out of range, the key does not fit,
 *                             the space is full, or the store is busy.
 * @throws ValueError When the time is negative, or there is no such space, or `$by` is `PHP_INT_MIN`.
 * @throws Error When the server has no store.
 */
function askr_cache_decrement(string $key, int|float $by = 1, int $ttlMs = 0, string $space = 'cache'): int|float
{
}

/**
 * Gives an entry another time to stay, counted from now.
 *
 * @param  int  $ttlMs  Milliseconds; 0 is until it is deleted or evicted.
 * @return bool False when there is none.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws ValueError When the time is negative, or there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_touch(string $key, int $ttlMs, string $space = 'cache'): bool
{
}

/**
 * How long an entry stays, in milliseconds.
 *
 * @return int|null Null when there is none; -1 is until it is deleted or evicted.
 *
 * @throws Askr\StoreException When the key does not fit.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_ttl(string $key, string $space = 'cache'): ?int
{
}

/**
 * Reads several entries, one after the other.
 *
 * @param  array<array-key, string|int>  $keys  An integer stands for its decimal digits, as in keys of arrays.
 * @return array<array-key, string|int|float|null> Each key with its value, or with null when there is none.
 *
 * @throws Askr\StoreException When a key is empty or too long.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_many(array $keys, string $space = 'cache'): array
{
}

/**
 * Writes several entries: up to 1,024 of them, and 1 MB, in one step that no other writer comes
 * between. Those who read may see some of them before others.
 *
 * @param  array<array-key, string|int|float>  $values  Key to value.
 * @param  int  $ttlMs  Milliseconds that they stay; 0 is until they are deleted or evicted.
 * @param  array<array-key, string>  $tags  Ends each of them when one of the tags is forgotten; in `cache` only.
 * @return true
 *
 * @throws Askr\StoreException When a key or a value does not fit, the space is full, or the store is
 *                             busy. Nothing of a step is written when a key or a value does not fit.
 * @throws ValueError When the time is negative, or there is no such space, or it takes no tags.
 * @throws Error When the server has no store.
 */
function askr_cache_set_many(array $values, int $ttlMs = 0, array $tags = [], string $space = 'cache'): bool
{
}

/**
 * Deletes all entries of a space; the others, and locks, stay.
 *
 * @return true
 *
 * @throws Askr\StoreException When the store is busy.
 * @throws ValueError When there is no such space.
 * @throws Error When the server has no store.
 */
function askr_cache_flush(string $space = 'cache'): bool
{
}

/**
 * Ends all entries that were written with this tag, however many there are, at once.
 *
 * @return true
 *
 * @throws Askr\StoreException When the tag does not fit, or the store is busy.
 * @throws Error When the server has no store.
 */
function askr_cache_forget_tag(string $tag): bool
{
}

/**
 * What is in the store, and what has happened in it since the server was started.
 *
 * @return array<'cache'|'counters'|'sessions'|'locks'|'limits', array{entries: int, bytes: int, capacity: int, hits: int, misses: int, evictions: int, refused: int}>
 *
 * @throws Error When the server has no store.
 */
function askr_store_statistics(): array
{
}

/**
 * Takes a lock; it is taken once, also by the same owner.
 *
 * While it waits, what interrupts PHP code is served: the request's time can be
 * over, and handlers of signals are called.
 *
 * @param  string  $owner  What the holder calls itself: a text that no other uses.
 * @param  int  $ttlMs  Milliseconds after which it frees by itself; 0 is never.
 * @param  int  $waitMs  Milliseconds to wait for it; 0 asks once.
 * @param  bool  $untilDeath  It frees when this process dies, too.
 * @return bool False when somebody has it still.
 *
 * @throws Askr\StoreException When the key or the owner does not fit, there is no room for another lock,
 *                             or the store is busy.
 * @throws ValueError When a time is negative.
 * @throws Error When the server has no store.
 */
function askr_lock_acquire(string $key, string $owner, int $ttlMs = 0, int $waitMs = 0, bool $untilDeath = false): bool
{
}

/**
 * Gives a lock back.
 *
 * @return bool False when the owner does not have it.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws Error When the server has no store.
 */
function askr_lock_release(string $key, string $owner): bool
{
}

/**
 * Gives a lock another time until it frees by itself, counted from now.
 *
 * @param  int  $ttlMs  Milliseconds; 0 is never.
 * @return bool False when the owner does not have it.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws ValueError When the time is negative.
 * @throws Error When the server has no store.
 */
function askr_lock_refresh(string $key, string $owner, int $ttlMs): bool
{
}

/**
 * Who has a lock.
 *
 * @return string|null Null when nobody has it.
 *
 * @throws Askr\StoreException When the key does not fit.
 * @throws Error When the server has no store.
 */
function askr_lock_owner(string $key): ?string
{
}

/**
 * Takes a lock from whoever has it.
 *
 * @return bool False when nobody has it.
 *
 * @throws Askr\StoreException When the key does not fit, or the store is busy.
 * @throws Error When the server has no store.
 */
function askr_lock_force_release(string $key): bool
{
}

/**
 * Takes all locks from whoever has them.
 *
 * @return true
 *
 * @throws Askr\StoreException When the store is busy.
 * @throws Error When the server has no store.
 */
function askr_lock_flush(): bool
{
}
