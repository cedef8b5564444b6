<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Console\Command;
use Symfony\Component\Console\Attribute\AsCommand;

/**
 * Says whether the server runs, and where.
 */
#[AsCommand(name: 'askr:status', description: 'Show whether the Askr server of this application runs')]
class StatusCommand extends Command
{
    /** @var string */
    protected $signature = 'askr:status';

    /** Show the state; the exit code is 0 only when the server runs. */
    public function handle(ServerStateFile $file): int
    {
        $state = $file->running();

        if ($state === null) {
            $this->components->warn('The server is not running.');

            return self::FAILURE;
        }

        $this->components->info('The server is running.');
        $this->components->twoColumnDetail('Address', $state->address()->toUrl());
        $this->components->twoColumnDetail('Process', (string) $state->processId);
        $this->components->twoColumnDetail('Started', date(DATE_ATOM, $state->startedAt));
        $this->newLine();

        return self::SUCCESS;
    }
}
