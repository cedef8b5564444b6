<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Console\Command;
use Symfony\Component\Console\Attribute\AsCommand;

/**
 * Has the application booted anew, by workers that take over from those that run.
 */
#[AsCommand(name: 'askr:reload', description: 'Have the workers of this application boot its code of now')]
class ReloadCommand extends Command
{
    /** SIGHUP, which has no name without the pcntl extension. */
    private const HANGUP = 1;

    /** @var string */
    protected $signature = 'askr:reload';

    /** Ask the server for new workers. */
    public function handle(ServerStateFile $file, ProcessTable $processes): int
    {
        $state = $file->running();

        if ($state === null) {
            $this->components->warn('The server is not running.');

            return self::FAILURE;
        }

        if (! $processes->signal($state->processId, self::HANGUP)) {
            $this->components->error("Process {$state->processId} cannot be signalled. Run this as the user that started the server.");

            return self::FAILURE;
        }

        $this->components->info('The workers are replaced, one after the other. The log of the server says when each is ready.');

        return self::SUCCESS;
    }
}
