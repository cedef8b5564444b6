<?php

declare(strict_types=1);

namespace Askr\Laravel\Testing\Fakes;

use Askr\Laravel\Contracts\ProcessTable;

/**
 * Stands in for the processes of a machine.
 */
class FakeProcessTable implements ProcessTable
{
    /** @var list<array{int, int}> Process and signal, in order. */
    public array $signals = [];

    /**
     * @param  array<int, string>  $startTimes  By the number of the process.
     * @param  int  $looksUntilGone  How often a process is still there after it was signalled.
     */
    public function __construct(public array $startTimes = [], private int $looksUntilGone = 0)
    {
    }

    /** The start time of a process, or null when it has gone. */
    public function startTime(int $processId): ?string
    {
        if ($this->signals !== [] && $this->looksUntilGone-- <= 0) {
            return null;
        }

        return $this->startTimes[$processId] ?? null;
    }

    /** Note the signal. */
    public function signal(int $processId, int $signal): bool
    {
        $this->signals[] = [$processId, $signal];

        return isset($this->startTimes[$processId]);
    }
}
