<?php

declare(strict_types=1);

namespace Askr\Laravel\Testing\Fakes;

use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Process\ServerInvocation;
use Closure;

/**
 * Stands in for the server: it prints what it was given, and ends when it is waited for.
 */
class FakeServerProcess implements ServerProcess
{
    public ?ServerInvocation $invocation = null;

    /** @var list<int> */
    public array $signals = [];

    /** @var Closure(): void|null What happens while the server runs. */
    public ?Closure $meanwhile = null;

    private ?Closure $print = null;

    /** @param  list<string>  $output */
    public function __construct(
        private array $output = [],
        private int $exitCode = 0,
        private int $processId = 4711,
    ) {
    }

    /** Keep the invocation. */
    public function start(ServerInvocation $invocation, Closure $output): int
    {
        $this->invocation = $invocation;
        $this->print = $output;

        return $this->processId;
    }

    /** Print what is left, and say whether it was told to end. */
    public function isRunning(): bool
    {
        $this->printAll();

        return $this->signals === [] && $this->exitCode === 0;
    }

    /** Note the signal. */
    public function signal(int $signal): void
    {
        $this->signals[] = $signal;
    }

    /** Print, let happen what happens, and end. */
    public function wait(): int
    {
        $this->printAll();

        if ($this->meanwhile !== null) {
            ($this->meanwhile)();
        }

        return $this->exitCode;
    }

    private function printAll(): void
    {
        $output = $this->output;
        $this->output = [];
        array_map($this->print ?? fn (string $text) => null, $output);
    }
}
