<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Contracts\ProcessTable;
use Symfony\Component\Process\Process;

/**
 * Reads the processes of this machine from `/proc`.
 */
class LinuxProcessTable implements ProcessTable
{
    /** Where the start time stands among what follows the command's closing bracket. */
    private const START_TIME_FIELD = 19;

    private const STATE_FIELD = 0;

    /** When a process started, in clock ticks since the machine did; null when there is no such process. */
    public function startTime(int $processId): ?string
    {
        $line = @file_get_contents("/proc/{$processId}/stat");

        if ($line === false) {
            return null;
        }

        // The command, in brackets, may hold spaces and brackets of its own.
        $fields = explode(' ', substr($line, (int) strrpos($line, ')') + 2));

        // A process that has ended and was not collected serves no more.
        return in_array($fields[self::STATE_FIELD], ['Z', 'X'], true)
            ? null
            : $fields[self::START_TIME_FIELD] ?? null;
    }

    /** Send a signal, and say whether there was a process to take it. */
    public function signal(int $processId, int $signal): bool
    {
        return function_exists('posix_kill')
            ? posix_kill($processId, $signal)
            : (new Process(['kill', "-{$signal}", (string) $processId]))->run() === 0;
    }
}
