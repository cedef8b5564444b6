<?php

declare(strict_types=1);

namespace Askr\Laravel\Contracts;

use Askr\Laravel\Exceptions\BridgeUnavailable;

/**
 * What the server that embeds PHP offers to the application.
 */
interface Bridge
{
    /** Whether the server runs this process, so that its functions are there. */
    public function isAvailable(): bool;

    /**
     * Wait for a request, run the handler for it and send its answer.
     *
     * @param  callable(): void  $handler
     * @return bool False when the worker is to leave.
     *
     * @throws BridgeUnavailable
     */
    public function handleRequest(callable $handler): bool;

    /**
     * Say that the application is booted and workers may be forked from here.
     *
     * @param  null|callable(): void  $beforeFork  Called whenever this process is about to fork workers.
     * @param  null|callable(): void  $afterFork  Called in each of them.
     *
     * @throws BridgeUnavailable
     */
    public function cowReady(?callable $beforeFork = null, ?callable $afterFork = null): void;

    /**
     * Complete the answer now and run the rest of the handler after it.
     *
     * @throws BridgeUnavailable
     */
    public function finishRequest(): bool;

    /**
     * The number of this worker.
     *
     * @throws BridgeUnavailable
     */
    public function workerId(): int;

    /**
     * Give the request that runs at least this much time from now on; 0 is no limit.
     *
     * @throws BridgeUnavailable
     */
    public function extendDeadline(int|float $seconds): void;

    /**
     * Ask for another worker once the request that runs is over.
     *
     * @throws BridgeUnavailable
     */
    public function recycle(): void;
}
