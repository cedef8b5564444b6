<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Contracts\SharedStore;
use Illuminate\Cache\Lock;
use Illuminate\Contracts\Cache\LockTimeoutException;

/**
 * A lock of the server's store: whoever waits for it is woken when it is given back.
 */
class AskrLock extends Lock
{
    private bool $endsWithProcess = false;

    public function __construct(private SharedStore $shared, string $name, int|float|string $seconds, ?string $owner = null)
    {
        parent::__construct($name, $seconds, $owner);
    }

    /** Have the lock free itself when this process dies, and not only after its seconds. */
    public function untilDeath(): static
    {
        $this->endsWithProcess = true;

        return $this;
    }

    /** Take the lock, if nobody has it. */
    public function acquire(): bool
    {
        return $this->take(0);
    }

    /**
     * Take the lock, waiting for it so many seconds at most; give it back after the callback.
     *
     * @param  int|float  $seconds
     * @param  callable|null  $callback
     *
     * @throws LockTimeoutException
     */
    public function block($seconds, $callback = null): mixed
    {
        $this->await((int) ($seconds * 1000));

        if (! is_callable($callback)) {
            return true;
        }

        try {
            return $callback();
        } finally {
            $this->release();
        }
    }

    /** Have the lock for so many seconds from now on, its own number if none is given. */
    public function refresh($seconds = null): bool
    {
        return $this->shared->refreshLock($this->name, $this->owner, $this->ttlMs($seconds ?? $this->seconds));
    }

    /** Give the lock back, if this owner has it. */
    public function release(): bool
    {
        return $this->shared->releaseLock($this->name, $this->owner);
    }

    /** Free the lock, whoever has it. */
    public function forceRelease(): void
    {
        $this->shared->forceReleaseLock($this->name);
    }

    /** Who has the lock. */
    protected function getCurrentOwner(): ?string
    {
        return $this->shared->lockOwner($this->name);
    }

    /**
     * Wait in pieces of the time between two attempts, so that signals and timeouts have their turn.
     *
     * @throws LockTimeoutException
     */
    private function await(int $waitMs): void
    {
        $until = hrtime(true) + $waitMs * 1_000_000;

        do {
            $left = intdiv((int) max(0, $until - hrtime(true)), 1_000_000);

            if ($this->take(min($left, max(1, (int) $this->sleepMilliseconds)))) {
                return;
            }
        } while ($left > 0);

        throw new LockTimeoutException("The lock [{$this->name}] was not free within {$waitMs} ms.");
    }

    private function take(int $waitMs): bool
    {
        return $this->shared->acquireLock(
            $this->name,
            $this->owner,
            $this->ttlMs($this->seconds),
            $waitMs,
            $this->endsWithProcess,
        );
    }

    /** No seconds are for ever. */
    private function ttlMs(int|float|string $seconds): int
    {
        return $seconds > 0 ? AskrStore::milliseconds($seconds) : 0;
    }
}
