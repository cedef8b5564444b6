<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Console\Concerns\TellsTheServer;
use Askr\Laravel\Process\ServerConsole;
use Illuminate\Console\Command;
use Symfony\Component\Console\Attribute\AsCommand;

/**
 * Has the application booted anew, by workers that take over from those that run.
 */
#[AsCommand(name: 'askr:reload', description: 'Serve the application with its code, configuration and environment of now')]
class ReloadCommand extends Command
{
    use TellsTheServer;

    /** @var string */
    protected $signature = 'askr:reload
        {--host= : Reload one application of several, by its name under "hosts" [default: that of all other hosts]}
        {--path= : The folder of another release [default: the one the server was started with, its links resolved anew]}
        {--no-canary : Replace all workers at once, without trying one first}';

    /** Ask for new workers, and return when no other serves any more: 0 then, 1 when it was given up, 69 without a server. */
    public function handle(ServerConsole $console): int
    {
        return $this->tell($console, 'reload', array_filter([
            'host' => $this->option('host') ?? false,
            'path' => $this->option('path') ?? false,
            'no-canary' => (bool) $this->option('no-canary'),
        ]));
    }
}
