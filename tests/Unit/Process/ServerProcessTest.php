<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Process\ServerInvocation;
use Askr\Laravel\Process\ServerProcess;
use PHPUnit\Framework\TestCase;

class ServerProcessTest extends TestCase
{
    private string $printed = '';

    public function test_output_environment_folder_and_exit_code_are_the_servers(): void
    {
        putenv('ASKR_TEST_TAKEN_AWAY=1');

        $code = $this->serve('echo "$GREETING ${ASKR_TEST_TAKEN_AWAY-unset} $(pwd)"; echo error >&2; exit 78', [
            'GREETING' => 'hello',
            'ASKR_TEST_TAKEN_AWAY' => false,
        ]);

        putenv('ASKR_TEST_TAKEN_AWAY');

        $this->assertSame(78, $code);
        $this->assertStringContainsString("hello unset /\n", $this->printed);
        $this->assertStringContainsString("error\n", $this->printed);
    }

    public function test_a_signal_reaches_the_server_and_its_end_is_waited_for(): void
    {
        $process = new ServerProcess;
        $process->start($this->script('trap "echo drained; exit 7" TERM; echo ready; while :; do :; done'), function (string $text) use ($process): void {
            $this->printed .= $text;

            if (str_contains($text, 'ready')) {
                $process->signal(15);
            }
        });

        $this->assertSame(7, $process->wait());
        $this->assertSame("ready\ndrained\n", $this->printed);

        $process->signal(15);
    }

    public function test_a_server_that_was_killed_has_the_exit_code_shells_give(): void
    {
        $this->assertSame(128 + 9, $this->serve('kill -9 $$'));
    }

    /** @param  array<string, string|false>  $environment */
    private function serve(string $script, array $environment = []): int
    {
        $process = new ServerProcess;
        $process->start($this->script($script, $environment), function (string $text): void {
            $this->printed .= $text;
        });

        return $process->wait();
    }

    /** @param  array<string, string|false>  $environment */
    private function script(string $script, array $environment = []): ServerInvocation
    {
        return new ServerInvocation(['sh', '-c', $script], $environment, '/');
    }
}
