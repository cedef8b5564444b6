<?php

declare(strict_types=1);

namespace Askr\Laravel\Contracts;

/**
 * The processes of this machine.
 */
interface ProcessTable
{
    /**
     * When a process started, or null when there is no such process.
     *
     * The value means nothing by itself: two processes that had the same number
     * one after the other have two values.
     */
    public function startTime(int $processId): ?string;

    /** Send a signal, and say whether there was a process to take it. */
    public function signal(int $processId, int $signal): bool;
}
