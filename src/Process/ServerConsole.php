<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\UnsupportedMachine;
use Askr\Laravel\Exceptions\UnusableAddress;
use Closure;

/**
 * Tells the running server what to do, with the commands of its own binary.
 */
class ServerConsole
{
    public function __construct(
        private InvocationBuilder $builder,
        private ServerProcess $process,
        private ServerStateFile $file,
    ) {
    }

    /**
     * Run a command, and give its exit code.
     *
     * @param  array<string, string|true>  $flags
     * @param  Closure(string): void  $output  Given what it prints, as it comes.
     *
     * @throws BinaryNotFound
     * @throws UnsupportedMachine
     * @throws UnusableAddress
     */
    public function run(string $command, array $flags, Closure $output): int
    {
        // A release that shares its storage with the one that was started finds the server by that.
        $base = $this->file->running()?->base;
        $this->process->start($this->builder->command($command, $flags, $base), $output);

        return $this->process->wait();
    }

    /**
     * What the server runs, as it describes itself, or null when it cannot be asked.
     *
     * @param  string|null  $host  The application that is meant, or null for all.
     * @return null|array<string, mixed>
     *
     * @throws UnusableAddress
     */
    public function status(?string $host = null): ?array
    {
        $text = '';

        try {
            $code = $this->run('status', array_filter(['json' => true, 'host' => $host]), function (string $printed) use (&$text): void {
                $text .= $printed;
            });
        } catch (BinaryNotFound|UnsupportedMachine) {
            return null;
        }

        // A warning may have been printed ahead of it.
        $status = $code === 0 ? json_decode((string) strstr($text, '{'), true) : null;

        return is_array($status) ? $status : null;
    }
}
