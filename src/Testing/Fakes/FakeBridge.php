<?php

declare(strict_types=1);

namespace Askr\Laravel\Testing\Fakes;

use Askr\Laravel\Contracts\Bridge;
use Throwable;

/**
 * Stands in for the server: it has a number of requests, and then wants the worker to leave.
 */
class FakeBridge implements Bridge
{
    /** @var list<string> What was called, in order. */
    public array $calls = [];

    /** @var list<Throwable> What left the handler, where the server would have cut the reply. */
    public array $escaped = [];

    /** @var null|callable(): void What the worker wants done before it forks. */
    private mixed $beforeFork = null;

    /** @var null|callable(): void What it wants done in the workers that it has forked. */
    private mixed $afterFork = null;

    /** @param  bool  $isForking  Whether workers are forked from the booted application. */
    public function __construct(private int $requests = 0, private int $workerId = 0, private bool $isForking = false)
    {
    }

    /** Whether the server runs this process, so that its functions are there. */
    public function isAvailable(): bool
    {
        return true;
    }

    /**
     * Run the handler for the next request, if there is one left.
     *
     * @param  callable(): void  $handler
     */
    public function handleRequest(callable $handler): bool
    {
        if ($this->requests === 0) {
            return false;
        }

        $this->requests--;
        $this->calls[] = 'handleRequest';

        try {
            $handler();
        } catch (Throwable $exception) {
            $this->escaped[] = $exception;
        }

        return true;
    }

    /**
     * Note that the application is booted, and fork if this fake does.
     *
     * @param  null|callable(): void  $beforeFork
     * @param  null|callable(): void  $afterFork
     */
    public function cowReady(?callable $beforeFork = null, ?callable $afterFork = null): void
    {
        $this->calls[] = 'cowReady';
        [$this->beforeFork, $this->afterFork] = [$beforeFork, $afterFork];

        if ($this->isForking) {
            $this->fork();
        }
    }

    /** Become a template, and go on as a worker that was forked from it. */
    public function fork(): void
    {
        foreach ([$this->beforeFork, $this->afterFork] as $hook) {
            if ($hook !== null) {
                $hook();
            }
        }
    }

    /** Note that the answer is complete. */
    public function finishRequest(): bool
    {
        $this->calls[] = 'finishRequest';

        return true;
    }

    /** The number this worker was given. */
    public function workerId(): int
    {
        return $this->workerId;
    }

    /** Note for how long. */
    public function extendDeadline(int|float $seconds): void
    {
        $this->calls[] = "extendDeadline {$seconds}";
    }

    /** Note that another worker is wanted. */
    public function recycle(): void
    {
        $this->calls[] = 'recycle';
    }
}
