<?php

declare(strict_types=1);

namespace Askr\Laravel\Native;

use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Exceptions\BridgeUnavailable;

/**
 * Calls the native functions of the server; nothing else in the package does.
 */
class NativeBridge implements Bridge
{
    /** Whether the server runs this process, so that its functions are there. */
    public function isAvailable(): bool
    {
        return function_exists('askr_handle_request');
    }

    /**
     * Wait for a request, run the handler for it and send its answer.
     *
     * @param  callable(): void  $handler
     *
     * @throws BridgeUnavailable
     */
    public function handleRequest(callable $handler): bool
    {
        return function_exists('askr_handle_request')
            ? askr_handle_request($handler)
            : throw BridgeUnavailable::forFunction('askr_handle_request');
    }

    /**
     * Say that the application is booted and workers may be forked from here.
     *
     * @param  null|callable(): void  $beforeFork  Called whenever this process is about to fork workers.
     * @param  null|callable(): void  $afterFork  Called in each of them.
     *
     * @throws BridgeUnavailable
     */
    public function cowReady(?callable $beforeFork = null, ?callable $afterFork = null): void
    {
        function_exists('askr_cow_ready')
            ? askr_cow_ready($beforeFork, $afterFork)
            : throw BridgeUnavailable::forFunction('askr_cow_ready');
    }

    /**
     * Complete the answer now and run the rest of the handler after it.
     *
     * @throws BridgeUnavailable
     */
    public function finishRequest(): bool
    {
        return function_exists('askr_finish_request')
            ? askr_finish_request()
            : throw BridgeUnavailable::forFunction('askr_finish_request');
    }

    /**
     * The number of this worker.
     *
     * @throws BridgeUnavailable
     */
    public function workerId(): int
    {
        return function_exists('askr_worker_id')
            ? askr_worker_id()
            : throw BridgeUnavailable::forFunction('askr_worker_id');
    }

    /**
     * Give the request that runs at least this much time from now on; 0 is no limit.
     *
     * @throws BridgeUnavailable
     */
    public function extendDeadline(int|float $seconds): void
    {
        function_exists('askr_extend_deadline')
            ? askr_extend_deadline($seconds)
            : throw BridgeUnavailable::forFunction('askr_extend_deadline');
    }

    /**
     * Ask for another worker once the request that runs is over.
     *
     * @throws BridgeUnavailable
     */
    public function recycle(): void
    {
        function_exists('askr_recycle')
            ? askr_recycle()
            : throw BridgeUnavailable::forFunction('askr_recycle');
    }
}
