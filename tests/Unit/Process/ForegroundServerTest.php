<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Exceptions\StateFileNotWritable;
use Askr\Laravel\Process\ForegroundServer;
use Askr\Laravel\Process\ServerInvocation;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Askr\Laravel\Process\SignalForwarder;
use Askr\Laravel\Testing\Fakes\FakeProcessTable;
use Askr\Laravel\Testing\Fakes\FakeServerProcess;
use PHPUnit\Framework\TestCase;

class ForegroundServerTest extends TestCase
{
    private string $path;

    private string $printed = '';

    /** @var list<string> */
    private array $serving = [];

    protected function setUp(): void
    {
        parent::setUp();

        $this->path = sys_get_temp_dir().'/askr-state-'.bin2hex(random_bytes(6)).'.json';
    }

    public function test_the_state_file_is_there_while_the_server_runs_and_not_longer(): void
    {
        $server = new FakeServerProcess(exitCode: 3);
        $server->meanwhile = function () use (&$state): void {
            $state = $this->file()->running();
        };

        $this->assertSame(3, $this->serve($server));
        $this->assertSame(4711, $state?->processId);
        $this->assertSame([], $state?->urls);
        $this->assertFileDoesNotExist($this->path);
    }

    public function test_the_state_file_has_the_urls_at_which_the_server_really_serves(): void
    {
        $server = new FakeServerProcess(["booting\n", "askr: serving https://127.0.0.1:40", "123\naskr: serving unix:/run/a b.sock\n"]);
        $server->meanwhile = function () use (&$state): void {
            $state = $this->file()->running();
        };

        $this->serve($server);

        $this->assertSame(['https://127.0.0.1:40123', 'unix:/run/a b.sock'], $state?->urls);
        $this->assertSame($state->urls, $this->serving);
        $this->assertSame("booting\naskr: serving https://127.0.0.1:40123\naskr: serving unix:/run/a b.sock\n", $this->printed);
    }

    public function test_the_first_signal_is_passed_on_patiently_and_a_second_as_it_is(): void
    {
        $before = pcntl_signal_get_handler(SIGTERM);
        $server = new FakeServerProcess;
        $server->meanwhile = function (): void {
            posix_kill((int) getmypid(), SIGTERM);
            pcntl_signal_dispatch();
            posix_kill((int) getmypid(), SIGINT);
            pcntl_signal_dispatch();
        };

        $this->serve($server);

        $this->assertSame([SIGQUIT, SIGINT], $server->signals);
        $this->assertSame($before, pcntl_signal_get_handler(SIGTERM));
    }

    public function test_a_server_that_cannot_be_noted_is_not_left_behind(): void
    {
        $server = new FakeServerProcess;
        $this->path = '/nowhere/state.json';

        try {
            $this->serve($server);
            $this->fail('The state file cannot be written.');
        } catch (StateFileNotWritable) {
            $this->assertSame([15], $server->signals);
        }
    }

    public function test_the_state_of_another_server_is_left_alone(): void
    {
        $server = new FakeServerProcess;
        $server->meanwhile = fn () => $this->file()->write(new ServerState(1, '1', 0));

        $this->serve($server);

        $this->assertFileExists($this->path);
        unlink($this->path);
    }

    private function serve(FakeServerProcess $server): int
    {
        return (new ForegroundServer($server, $this->file(), new FakeProcessTable([4711 => '900']), new SignalForwarder))->run(
            new ServerInvocation(['askr'], [], '/'),
            function (string $text): void {
                $this->printed .= $text;
            },
            function (string $url): void {
                $this->serving[] = $url;
            },
        );
    }

    private function file(): ServerStateFile
    {
        return new ServerStateFile($this->path, new FakeProcessTable([4711 => '900']));
    }
}
