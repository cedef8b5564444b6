<?php

declare(strict_types=1);

namespace Askr\Laravel\RateLimiting;

use Askr\Laravel\Cache\AskrStore;
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
 * time of that end in a second entry.
 */
class SharedRateLimiter extends RateLimiter
{
    public function __construct(Repository $cache, private AskrStore $store)
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

    /** Count attempts; the first one of a window says when it ends. */
    public function increment($key, $decaySeconds = 60, $amount = 1): int
    {
        return (int) $this->store->incrementFor(
            $this->cleanRateLimiterKey($key),
            (int) $amount,
            is_numeric($decaySeconds) ? $decaySeconds + 0 : $this->availableAt($decaySeconds) - $this->currentTime(),
        );
    }

    /** Count attempts off. */
    public function decrement($key, $decaySeconds = 60, $amount = 1): int
    {
        return $this->increment($key, $decaySeconds, $amount * -1);
    }

    /** Forget the attempts. */
    public function clear($key): void
    {
        $this->resetAttempts($key);
    }

    /** Seconds until the window ends. */
    public function availableIn($key): int
    {
        $remaining = $this->store->remaining($this->cleanRateLimiterKey($key));

        return (int) ceil(max(0, $remaining ?? 0) / 1000);
    }
}
