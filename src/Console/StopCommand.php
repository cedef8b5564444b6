<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Console\Command;
use Symfony\Component\Console\Attribute\AsCommand;

/**
 * Stops the server, once the requests that run have ended.
 */
#[AsCommand(name: 'askr:stop', description: 'Stop the Askr server of this application')]
class StopCommand extends Command
{
    /** SIGTERM, which has no name without the pcntl extension. */
    private const TERMINATE = 15;

    private const LOOK_EVERY_MS = 50;

    /** @var string */
    protected $signature = 'askr:stop
        {--timeout=60 : The seconds to wait for the server to end}';

    /** Ask the server to stop, and wait until it has. */
    public function handle(ServerStateFile $file, ProcessTable $processes): int
    {
        $state = $file->running();

        if ($state === null) {
            $this->components->warn('The server is not running.');

            return self::FAILURE;
        }

        if (! $processes->signal($state->processId, self::TERMINATE)) {
            $this->components->error("Process {$state->processId} cannot be signalled. Run this as the user that started the server.");

            return self::FAILURE;
        }

        return $this->await($file, $state);
    }

    private function await(ServerStateFile $file, ServerState $state): int
    {
        $this->components->info('Stopping the server');
        $deadline = hrtime(true) + (int) $this->option('timeout') * 1_000_000_000;

        while ($file->running()?->processId === $state->processId) {
            if (hrtime(true) >= $deadline) {
                $this->components->error("Process {$state->processId} is still there: requests are running. It goes on stopping.");

                return self::FAILURE;
            }

            usleep(self::LOOK_EVERY_MS * 1000);
        }

        $file->forget($state);
        $this->components->info('The server has stopped.');

        return self::SUCCESS;
    }
}
