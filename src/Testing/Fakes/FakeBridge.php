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

    public function __construct(private int $requests = 0, private int $workerId = 0)
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

    /** Note that the application is booted. */
    public function cowReady(): void
    {
        $this->calls[] = 'cowReady';
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
