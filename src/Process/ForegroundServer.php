<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Exceptions\StateFileNotWritable;
use Closure;

/**
 * Runs the server until it ends, and keeps the state file true meanwhile.
 */
class ForegroundServer
{
    /** SIGTERM, which has no name without the pcntl extension. */
    private const TERMINATE = 15;

    public function __construct(
        private ServerProcess $server,
        private ServerStateFile $file,
        private ProcessTable $processes,
        private SignalForwarder $signals,
    ) {
    }

    /**
     * Run the server, and give its exit code.
     *
     * @param  Closure(string): void  $output  Given what the server prints.
     * @param  Closure(string): void  $serving  Told each URL at which the server serves, once it does.
     *
     * @throws StateFileNotWritable
     */
    public function run(ServerInvocation $invocation, Closure $output, Closure $serving): int
    {
        $announcement = new Announcement;
        $this->signals->forward($this->server->signal(...));

        $processId = $this->server->start($invocation, function (string $text) use ($output, $serving, $announcement, &$state): void {
            $output($text);

            foreach ($state === null ? [] : $announcement->hear($text) as $url) {
                $state = $state->servingAt($url);
                $this->file->write($state);
                $serving($url);
            }
        });

        $startTime = $this->processes->startTime($processId);
        $base = $invocation->environment['ASKR_APP_BASE'] ?? null;
        $state = new ServerState($processId, $startTime, time(), $base ?: null);

        return $this->attend($state);
    }

    /**
     * @throws StateFileNotWritable
     */
    private function attend(ServerState $state): int
    {
        try {
            $this->file->write($state);

            return $this->server->wait();
        } catch (StateFileNotWritable $exception) {
            // A server that nobody could stop by its state file is not left behind.
            $this->server->signal(self::TERMINATE);
            $this->server->wait();

            throw $exception;
        } finally {
            $this->signals->restore();
            $this->file->forget($state);
        }
    }
}
