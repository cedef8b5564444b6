<?php

declare(strict_types=1);

namespace Askr\Laravel\Contracts;

use Askr\Laravel\Process\ServerInvocation;
use Closure;

/**
 * The server, as a child of this process.
 */
interface ServerProcess
{
    /**
     * Start the server.
     *
     * @param  Closure(string): void  $output  Given what the server prints.
     * @return int The number of the process.
     */
    public function start(ServerInvocation $invocation, Closure $output): int;

    /** Whether the server runs; what it has printed so far is given on meanwhile. */
    public function isRunning(): bool;

    /** Send a signal, unless the server has ended. */
    public function signal(int $signal): void;

    /** Wait for the server to end, and give its exit code. */
    public function wait(): int;
}
