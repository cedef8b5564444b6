<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Process\LinuxProcessTable;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Process\Process;

class LinuxProcessTableTest extends TestCase
{
    public function test_a_process_has_one_start_time(): void
    {
        $table = new LinuxProcessTable;
        $first = $table->startTime((int) getmypid());

        $this->assertMatchesRegularExpression('/^\d+$/', (string) $first);
        $this->assertSame($first, $table->startTime((int) getmypid()));
    }

    public function test_a_process_that_was_signalled_is_gone(): void
    {
        $table = new LinuxProcessTable;
        $process = new Process(['cat', '/dev/zero']);
        $process->disableOutput()->start();
        $processId = (int) $process->getPid();

        $this->assertNotNull($table->startTime($processId));
        $this->assertTrue($table->signal($processId, 15));

        try {
            $process->wait();
        } catch (\Symfony\Component\Process\Exception\ProcessSignaledException $exception) {
            $this->assertSame(15, $exception->getSignal());
        }

        $this->assertNull($table->startTime($processId));
        $this->assertFalse($table->signal($processId, 15));
    }
}
