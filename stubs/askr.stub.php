<?php

/**
 * The functions that exist in PHP when Askr runs it.
 *
 * This file is read by editors, static analysers and tests; it is never loaded
 * by the server, where the functions are native.
 */

/**
 * Waits for the next request, runs the handler for it and completes its reply.
 *
 * While the handler runs, `$_GET`, `$_POST`, `$_COOKIE`, `$_FILES`, `$_SERVER`
 * and `php://input` belong to that request. What the handler prints, and what it
 * gives to `header()`, `setcookie()` and `http_response_code()`, is the reply.
 * A handler that ends by `exit` or by an exception ends its request only: the
 * exception is logged with class, file and line, and answered with status 500 if
 * no byte of the reply was sent. Any other start of the reply is cut, so that
 * the client sees it is not whole.
 *
 * A handler that takes a parameter is given the request as an array; it is not
 * built for a handler that takes none. Its keys are
 *
 *  - `method` (string): as the client sent it, for example `GET`;
 *  - `uri` (string): the raw path with its query string, `/path?a=1`;
 *  - `query` (string): the raw query string, without the question mark;
 *  - `headers` (array<string, string>): lower-case name to value; the values of
 *    a repeated header are joined with `, `;
 *  - `cookies` (array): the same as `$_COOKIE`;
 *  - `server` (array): the same as `$_SERVER`;
 *  - `body` (string): the raw body, which leaves `request_parse_body()` nothing to
 *    parse;
 *  - `files` (array): the same as `$_FILES`.
 *
 * It belongs into the loop of a worker script. While a request is being handled,
 * in a handler or in classic mode, it throws an `Error`.
 *
 * @param  callable  $handler  `function (array $request): void` or `function (): void`.
 * @return bool False when the worker is to leave: leave the loop and let the script end.
 */
function askr_handle_request(callable $handler): bool
{
}

/**
 * The same as `askr_handle_request()`, so that worker scripts written for FrankenPHP run.
 *
 * @param  callable  $callback  `function (): void`.
 * @return bool False when the worker is to leave: leave the loop and let the script end.
 */
function frankenphp_handle_request(callable $callback): bool
{
}

/**
 * Says that the application is booted, and that workers may be forked from here.
 *
 * Call it once, after booting and before the first `askr_handle_request()`.
 * Where workers are forked from the booted application it returns in each of
 * them; elsewhere it returns at once and calls nobody.
 *
 * `$beforeFork` is called each time this process is about to fork workers: here,
 * and where `refork_after` has made a template of a worker, between two requests.
 * It closes what two processes must not share, such as connections. `$afterFork`
 * is called in each worker that was forked, before its first request.
 *
 * @param  callable|null  $beforeFork  `function (): void`.
 * @param  callable|null  $afterFork  `function (): void`.
 */
function askr_cow_ready(?callable $beforeFork = null, ?callable $afterFork = null): void
{
}

/**
 * Puts work off until the response is sent: the client does not wait for it.
 *
 * Everything put off in a request runs in order after its shutdown functions,
 * its output and its session are complete. What it prints goes nowhere. An
 * exception is logged and ends only the callback that threw it, as `exit` does;
 * a fatal error drops what is left. The worker takes its next request when all
 * have run. After a fatal error of the request itself nothing runs.
 *
 * @param  callable  $callback  `function (): void`.
 */
function askr_defer(callable $callback): void
{
}

/**
 * Completes the reply; the rest of the handler runs after the client has it.
 *
 * What is printed afterwards goes nowhere. The worker takes its next request
 * when the handler returns.
 *
 * @return bool False when there is no request.
 */
function askr_finish_request(): bool
{
}

/**
 * The same as `askr_finish_request()`, by the name FPM gives it.
 *
 * @return bool False when there is no request.
 */
function fastcgi_finish_request(): bool
{
}

/**
 * The same as `askr_finish_request()`, by the name FrankenPHP gives it.
 *
 * @return bool False when there is no request.
 */
function frankenphp_finish_request(): bool
{
}

/**
 * The same as PHP's `apache_request_headers()` and `getallheaders()`, by the name FrankenPHP gives it.
 *
 * @return array<string, string>
 */
function frankenphp_request_headers(): array
{
}

/**
 * Sends the headers set so far; the same as in FrankenPHP, whose users know it for early hints.
 *
 * With a status of 1xx, `headers_send(103)`, they go out at once as an interim
 * reply, ahead of the final one, which has a status of its own and, unless they
 * are removed, the same headers. Clients that speak HTTP/1.0 get no interim
 * reply. With any other status the head of the final reply is sent.
 *
 * @param  int  $status  100 to 599, not 101; the default is 200.
 * @return int 1, or 3 when an interim reply is too late or there is no request.
 *
 * @throws ValueError When it is another number.
 */
function headers_send(int $status = 200): int
{
}

/**
 * The number of the worker that runs this script, counted from 0.
 *
 * A worker that replaces another may have its number; use it to tell the
 * workers of one moment apart, not as a name that lasts.
 */
function askr_worker_id(): int
{
}

/**
 * Gives the request that runs at least this much time, counted from now.
 *
 * It takes away none that the request has anyway, by the `request_timeout` of its
 * pool or by an earlier call. Work that goes on for long calls it at each step; a
 * request that has got its `Askr\RequestTimeout` gets another one when the time
 * it was given then is over.
 *
 * @param  int|float  $seconds  0 is no limit for this request.
 *
 * @throws ValueError When it is negative, infinite or no number.
 * @throws Error When no request runs: while booting.
 */
function askr_extend_deadline(int|float $seconds): void
{
}

/**
 * Asks for another worker in place of this one once the request that runs is over.
 *
 * This one takes further requests until the other is ready, so that none waits.
 * Where each request has a process of its own it changes nothing.
 */
function askr_recycle(): void
{
}

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
