<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Console\AboutSection;
use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Askr\Laravel\Testing\Fakes\FakeProcessTable;
use Askr\Laravel\Testing\Fakes\FakeServerProcess;
use Askr\Laravel\Tests\TestCase;

class CommandsTest extends TestCase
{
    private const BINARY = __DIR__.'/../fixtures/laravel/askr';

    private string $path;

    private FakeServerProcess $server;

    private FakeProcessTable $processes;

    protected function setUp(): void
    {
        parent::setUp();

        $this->path = sys_get_temp_dir().'/askr-state-'.bin2hex(random_bytes(6)).'.json';
        $this->server = new FakeServerProcess(["askr: serving http://127.0.0.1:8000\n"]);
        $this->processes = new FakeProcessTable([4711 => '900']);

        $this->app->instance(ServerProcess::class, $this->server);
        $this->app->instance(ProcessTable::class, $this->processes);
        $this->app->make('config')->set([
            'askr.binary' => self::BINARY,
            'askr.state_file' => $this->path,
        ]);
    }

    protected function tearDown(): void
    {
        @unlink($this->path);

        parent::tearDown();
    }

    public function test_start_serves_the_applications_public_folder_with_the_packages_worker(): void
    {
        $this->artisan('askr:start')
            ->expectsOutputToContain('Server running on [http://127.0.0.1:8000]')
            ->assertSuccessful();

        $this->assertSame([
            self::BINARY,
            'serve',
            '--root', $this->app->publicPath(),
            '--worker-script', dirname(__DIR__, 2).'/laravel/worker.php',
        ], $this->server->invocation->command);
        $this->assertSame($this->app->basePath(), $this->server->invocation->folder);
        $this->assertSame($this->app->basePath(), $this->server->invocation->environment['ASKR_APP_BASE']);
        $this->assertSame($this->app->basePath(), $this->server->invocation->environment['APP_BASE_PATH']);
        $this->assertArrayNotHasKey('LARAVEL_OCTANE', $this->server->invocation->environment);
    }

    public function test_options_of_the_command_line_become_flags(): void
    {
        $this->artisan('askr:start', [
            '--host' => '::1', '--port' => '0', '--workers' => '3', '--max-requests' => '0', '--log-level' => 'debug',
        ])->assertSuccessful();

        $this->assertSame([
            '--listen', '[::1]:0', '--workers', '3', '--max-requests', '0', '--log-level', 'debug',
        ], array_slice($this->server->invocation->command, 6));
    }

    public function test_classic_boots_the_application_for_each_request_and_looks_at_files_again(): void
    {
        $this->artisan('askr:start', ['--classic' => true])->assertSuccessful();

        $this->assertSame([
            '--root', $this->app->publicPath(), '--ini', 'opcache.revalidate_freq=0',
        ], array_slice($this->server->invocation->command, 2));
    }

    public function test_about_says_which_server_there_is_and_whether_it_runs(): void
    {
        $about = fn (): array => $this->app->make(AboutSection::class)->lines();

        $this->assertSame(self::BINARY, $about()['Binary']);
        $this->assertSame('not running', $about()['Server']);

        $this->app->make(ServerStateFile::class)->write(new ServerState(4711, '900', '127.0.0.1', 8000, 0));
        $this->app->make('config')->set('askr.binary', '/nowhere/askr');

        $this->assertSame('not found', $about()['Binary']);
        $this->assertSame('running on http://127.0.0.1:8000', $about()['Server']);
        $this->artisan('about', ['--only' => 'askr'])->expectsOutputToContain('running on')->assertSuccessful();
    }

    public function test_the_watch_may_be_given_a_share(): void
    {
        foreach ([[null, 'on'], ['0.01', '0.01']] as [$given, $passed]) {
            $this->artisan('askr:start', ['--paranoid' => $given])->assertSuccessful();

            $this->assertSame(['--paranoid', $passed], array_slice($this->server->invocation->command, 6));
        }
    }

    public function test_a_port_alone_is_joined_to_the_configured_host(): void
    {
        $this->app->make('config')->set('askr.host', '0.0.0.0');

        $this->artisan('askr:start', ['--port' => '9000'])->assertSuccessful();

        $this->assertSame(['--listen', '0.0.0.0:9000'], array_slice($this->server->invocation->command, 6));
    }

    public function test_the_configuration_travels_beside_the_flags(): void
    {
        $this->app->make('config')->set([
            'askr.port' => 8123,
            'askr.server' => ['workers' => '2', 'max_requests' => 500, 'log_level' => null, 'ini' => ['memory_limit' => '64M'], 'queue_limit' => 0],
        ]);

        $this->artisan('askr:start')->assertSuccessful();

        $this->assertSame([
            'workers' => '2',
            'max_requests' => 500,
            'ini' => ['memory_limit' => '64M'],
            'queue_limit' => 0,
            'listen' => '127.0.0.1:8123',
        ], json_decode($this->server->invocation->environment['ASKR_LARAVEL_CONFIG'], true));
    }

    public function test_workers_read_the_environment_file_that_the_command_has_read(): void
    {
        $this->artisan('askr:start')->assertSuccessful();
        $this->assertFalse($this->server->invocation->environment['APP_ENV'] ?? false);

        $this->app->loadEnvironmentFrom('.env.staging')->detectEnvironment(fn (): string => 'staging');

        $this->artisan('askr:start')->assertSuccessful();
        $this->assertSame('staging', $this->server->invocation->environment['APP_ENV']);
    }

    public function test_the_exit_code_of_the_server_is_passed_on(): void
    {
        $this->app->instance(ServerProcess::class, new FakeServerProcess(["askr: 127.0.0.1:8000 is in use\n"], exitCode: 69));

        $this->artisan('askr:start')
            ->expectsOutputToContain('127.0.0.1:8000 is in use')
            ->assertExitCode(69);
    }

    public function test_start_refuses_when_the_server_runs_already(): void
    {
        $this->running();

        $this->artisan('askr:start')
            ->expectsOutputToContain('served already')
            ->assertFailed();

        $this->assertNull($this->server->invocation);
        $this->assertFileExists($this->path);
    }

    public function test_start_takes_over_from_a_server_that_died(): void
    {
        $this->running();
        $this->processes->startTimes = [4711 => '950'];

        $this->artisan('askr:start')->assertSuccessful();

        $this->assertNotNull($this->server->invocation);
    }

    public function test_start_says_where_it_looked_for_the_binary(): void
    {
        $this->app->make('config')->set('askr.binary', '/nowhere/askr');

        $this->artisan('askr:start')
            ->expectsOutputToContain('/nowhere/askr')
            ->assertFailed();
    }

    public function test_start_refuses_an_address_that_is_none(): void
    {
        $this->artisan('askr:start', ['--port' => 'http'])
            ->expectsOutputToContain('[http]')
            ->assertFailed();
    }

    public function test_stop_signals_the_server_and_waits_for_its_end(): void
    {
        $this->running();
        $this->processes = new FakeProcessTable([4711 => '900'], looksUntilGone: 1);
        $this->app->instance(ProcessTable::class, $this->processes);

        $this->artisan('askr:stop')
            ->expectsOutputToContain('has stopped')
            ->assertSuccessful();

        $this->assertSame([[4711, 15]], $this->processes->signals);
        $this->assertFileDoesNotExist($this->path);
    }

    public function test_stop_says_when_the_server_takes_too_long(): void
    {
        $this->running();
        $this->app->instance(ProcessTable::class, new FakeProcessTable([4711 => '900'], looksUntilGone: PHP_INT_MAX));

        $this->artisan('askr:stop', ['--timeout' => '0'])
            ->expectsOutputToContain('is still there')
            ->assertFailed();

        $this->assertFileExists($this->path);
    }

    public function test_stop_has_nothing_to_do_when_the_server_does_not_run(): void
    {
        $this->artisan('askr:stop')
            ->expectsOutputToContain('not running')
            ->assertFailed();

        $this->assertSame([], $this->processes->signals);
    }

    public function test_reload_asks_the_server_for_new_workers(): void
    {
        $this->running();

        $this->artisan('askr:reload')
            ->expectsOutputToContain('are replaced')
            ->assertSuccessful();

        $this->assertSame([[4711, 1]], $this->processes->signals);
        $this->assertFileExists($this->path);
    }

    public function test_reload_says_that_there_is_no_server_or_none_that_listens(): void
    {
        $this->artisan('askr:reload')->expectsOutputToContain('not running')->assertFailed();

        $this->running();
        $deaf = $this->createStub(ProcessTable::class);
        $deaf->method('startTime')->willReturn('900');
        $deaf->method('signal')->willReturn(false);
        $this->app->instance(ProcessTable::class, $deaf);

        $this->artisan('askr:reload')->expectsOutputToContain('cannot be signalled')->assertFailed();
    }

    public function test_status_shows_the_server_that_runs(): void
    {
        $this->running();

        $this->artisan('askr:status')
            ->expectsOutputToContain('http://127.0.0.1:8000')
            ->expectsOutputToContain('4711')
            ->assertSuccessful();
    }

    public function test_status_fails_when_the_server_does_not_run(): void
    {
        $this->artisan('askr:status')
            ->expectsOutputToContain('not running')
            ->assertFailed();
    }

    private function running(): void
    {
        (new ServerStateFile($this->path, $this->processes))
            ->write(new ServerState(4711, '900', '127.0.0.1', 8000, 1_700_000_000));
    }
}
