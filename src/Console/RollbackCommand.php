<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Console\Concerns\TellsTheServer;
use Askr\Laravel\Process\ServerConsole;
use Illuminate\Console\Command;
use Symfony\Component\Console\Attribute\AsCommand;

/**
 * Returns to what was served before the last reload.
 */
#[AsCommand(name: 'askr:rollback', description: 'Return to the code that was served before the last reload')]
class RollbackCommand extends Command
{
    use TellsTheServer;

    /** @var string */
    protected $signature = 'askr:rollback
        {--host= : Roll back one application of several, by its name under "hosts" [default: that of all other hosts]}';

    /** Ask for workers of the generation before: 0 when all are, 1 when there is none any more, 69 without a server. */
    public function handle(ServerConsole $console): int
    {
        return $this->tell($console, 'rollback', array_filter(['host' => $this->option('host') ?? false]));
    }
}
