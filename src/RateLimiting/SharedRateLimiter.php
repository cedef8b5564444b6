<?php

declare(strict_types=1);

namespace Askr\Laravel\RateLimiting;

use Askr\Laravel\Cache\AskrStore;
use Askr\StoreException;
use Closure;
use DateInterval;
use DateTimeInterface;
use Illuminate\Cache\RateLimiter;
use Illuminate\Contracts\Cache\Repository;
use Throwable;

/**
 * Counts attempts in the server's store, for all its processes together and not one too many.
 *
 * A key is one number that ends with its window, where Laravel's own limiter keeps the
 * time of that end in a second entry. Keys for which the counters have no room are
 * counted in the cache, where they may be evicted: clients who come by more names than
 * there is room for must neither stop others nor be free of limits.
 */
class SharedRateLimiter extends RateLimiter
{
    /** @param  AskrStore  $overflow  The same in the space of the cache. */
    public function __construct(Repository $cache, private AskrStore $store, private AskrStore $overflow)
    {
        parent::__construct($cache);
    }

    /** Run the callback unless the limit is reached; of many at once, only as many as it allows. */
    public function attempt($key, $maxAttempts, Closure $callback, $decaySeconds = 60): mixed
    {
        if (! $this->reserve($key, (int) $maxAttempts, $decaySeconds)) {
            return false;
        }

        try {
            return $callback() ?? true;
        } catch (Throwable $exception) {
            // As in Laravel's own limiter: what did not happen does not count.
            $this->decrement($key, $decaySeconds);

            throw $exception;
        }
    }

    /** Count an attempt if it is within the limit, and say whether it was. */
    public function reserve(
        string $key,
        int $maxAttempts,
        DateTimeInterface|DateInterval|int|float|string $decaySeconds = 60,
    ): bool {
        // One that is refused does not count, unless it comes at the same time as one that does.
        return ! $this->tooManyAttempts($key, $maxAttempts)
            && $this->increment($key, $decaySeconds) <= $maxAttempts;
    }

    /** Whether the limit is reached. */
    public function tooManyAttempts($key, $maxAttempts): bool
    {
        return $this->attempts($key) >= $maxAttempts;
    }

    /** How many attempts there were in the window. */
    public function attempts($key): int
    {
        $key = $this->cleanRateLimiterKey($key);

        return max((int) $this->store->get($key), (int) $this->overflow->get($key));
    }

    /** How many attempts are left in the window. */
    public function remaining($key, $maxAttempts): int
    {
        return max(0, $maxAttempts - $this->attempts($key));
    }

    /** Count attempts; the first one of a window says when it ends. */
    public function increment($key, $decaySeconds = 60, $amount = 1): int
    {
        $key = $this->cleanRateLimiterKey($key);
        $seconds = is_numeric($decaySeconds) ? $decaySeconds + 0 : $this->availableAt($decaySeconds) - $this->currentTime();

        try {
            return (int) $this->store->incrementFor($key, (int) $amount, $seconds);
        } catch (StoreException $exception) {
            return $exception->getCode() === StoreException::FULL
                ? (int) $this->overflow->incrementFor($key, (int) $amount, $seconds)
                : throw $exception;
        }
    }

    /** Count attempts off. */
    public function decrement($key, $decaySeconds = 60, $amount = 1): int
    {
        return $this->increment($key, $decaySeconds, $amount * -1);
    }

    /** Forget the attempts, and say whether there were some. */
    public function resetAttempts($key): bool
    {
        $key = $this->cleanRateLimiterKey($key);
        $isForgotten = $this->overflow->forget($key);

        return $this->store->forget($key) || $isForgotten;
    }

    /** Forget the attempts. */
    public function clear($key): void
    {
        $this->resetAttempts($key);
    }

    /** Seconds until the window ends. */
    public function availableIn($key): int
    {
        $key = $this->cleanRateLimiterKey($key);
        $remaining = max(0, (int) $this->store->remaining($key), (int) $this->overflow->remaining($key));

        return (int) ceil($remaining / 1000);
    }
}
