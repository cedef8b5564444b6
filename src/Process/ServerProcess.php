<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Contracts\ServerProcess as ServerProcessContract;
use Closure;
use Symfony\Component\Process\Exception\LogicException;
use Symfony\Component\Process\Exception\ProcessSignaledException;
use Symfony\Component\Process\Process;

/**
 * Runs the server as a child of this process.
 */
class ServerProcess implements ServerProcessContract
{
    /** What shells add to the number of the signal that ended a process. */
    private const SIGNAL_EXIT_BASE = 128;

    private ?Process $process = null;

    /**
     * Start the server.
     *
     * @param  Closure(string): void  $output  Given what the server prints.
     * @return int The number of the process.
     */
    public function start(ServerInvocation $invocation, Closure $output): int
    {
        $this->process = new Process(
            $invocation->command,
            $invocation->folder,
            $invocation->environment,
            timeout: null,
        );

        // The server runs for months: what it has printed must not be kept.
        $this->process->disableOutput();
        $this->process->start(fn (string $type, string $text) => $output($text));

        return (int) $this->process->getPid();
    }

    /** Whether the server runs; what it has printed so far is given on meanwhile. */
    public function isRunning(): bool
    {
        return $this->process?->isRunning() ?? false;
    }

    /** Send a signal, unless the server has ended. */
    public function signal(int $signal): void
    {
        try {
            $this->process?->signal($signal);
        } catch (LogicException) {
            // It ended between the signal's arrival here and now.
        }
    }

    /** Wait for the server to end, and give its exit code. */
    public function wait(): int
    {
        try {
            return $this->process?->wait() ?? 0;
        } catch (ProcessSignaledException $exception) {
            return self::SIGNAL_EXIT_BASE + $exception->getSignal();
        }
    }
}
