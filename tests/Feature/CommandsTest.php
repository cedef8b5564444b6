<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Console\AboutSection;
use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Askr\Laravel\Testing\Fakes\FakeProcessTable;
use Askr\Laravel\Testing\Fakes\FakeServerProcess;
use Askr\Laravel\Testing\Fakes\FakeStore;
use Askr\Laravel\Tests\TestCase;
use Illuminate\Contracts\Console\Kernel;

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

        $command = $this->server->invocation->command;
        $this->assertSame(
            [self::BINARY, 'serve', '--root', $this->app->publicPath(), '--worker-script'],
            array_slice($command, 0, 5),
        );
        $this->assertSame(dirname(__DIR__, 2).'/laravel/worker.php', realpath($command[5]));
        $this->assertSame($this->app->basePath(), $this->server->invocation->folder);
        $this->assertSame($this->app->basePath(), $this->server->invocation->environment['ASKR_APP_BASE']);
        // A path that leads over a link would be that of another release one day.
        $this->assertArrayNotHasKey('APP_BASE_PATH', array_filter($this->server->invocation->environment));
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

    public function test_options_that_are_switches_and_those_that_are_repeated_become_flags(): void
    {
        $this->artisan('askr:start', [
            '--workers' => '2..4', '--cow' => true, '--isolation' => 'fork', '--watch' => true,
            '--pool' => ['slow paths=/reports', 'api paths=/api workers=2'],
        ])->assertSuccessful();

        $this->assertSame([
            '--workers', '2..4', '--cow', '--isolation', 'fork',
            '--pool', 'slow paths=/reports', '--pool', 'api paths=/api workers=2', '--watch',
        ], array_slice($this->server->invocation->command, 6));
    }

    public function test_classic_boots_the_application_for_each_request_and_looks_at_files_again(): void
    {
        $this->artisan('askr:start', ['--classic' => true])->assertSuccessful();

        $this->assertSame([
            '--root', $this->app->publicPath(), '--ini', 'opcache.revalidate_freq=0',
        ], array_slice($this->server->invocation->command, 2));
    }

    public function test_about_says_what_is_in_the_store(): void
    {
        $store = fn (): string => $this->app->make(AboutSection::class)->lines()['Store'];
        $this->app->make('config')->set('askr.server.store_socket', '/nowhere/store.sock');
        $this->assertSame('not reachable', $store());

        $this->app->make('config')->set('askr.store.fallback', 'file');
        $this->assertSame('not reachable, [file] in its place', $store());

        $this->app->instance(SharedStore::class, new FakeStore);
        $this->app->make('cache')->store('askr')->put('key', 'value', 60);
        $this->assertSame('cache 1, counters 0, sessions 0, locks 0 entries in 0.0 of 64.0 MB', $store());
    }

    public function test_about_says_which_server_there_is_and_whether_it_runs(): void
    {
        $about = fn (): array => $this->app->make(AboutSection::class)->lines();

        $this->assertSame(self::BINARY, $about()['Binary']);
        $this->assertSame('not running', $about()['Server']);

        $this->app->make(ServerStateFile::class)->write(new ServerState(4711, '900', 0, null, ['https://127.0.0.1:8443', 'unix:/run/shop.sock']));
        $this->app->make('config')->set('askr.binary', '/nowhere/askr');

        $this->assertSame('not found', $about()['Binary']);
        $this->assertSame('running on https://127.0.0.1:8443, unix:/run/shop.sock', $about()['Server']);
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
            'askr.server' => ['workers' => '2', 'max_requests' => 500, 'log_level' => null, 'ini' => ['memory_limit' => '64M'], 'queue_limit' => 0, 'pools' => ['slow' => ['paths' => ['/reports'], 'workers' => null]], 'limits' => ['login' => ['rate' => '5/1m', 'burst' => null]]],
        ]);

        $this->artisan('askr:start')->assertSuccessful();

        $this->assertSame([
            'workers' => '2',
            'max_requests' => 500,
            'ini' => ['memory_limit' => '64M'],
            'queue_limit' => 0,
            'pools' => ['slow' => ['paths' => ['/reports']]],
            'limits' => ['login' => ['rate' => '5/1m']],
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
            ->expectsOutputToContain('served already, on [https://127.0.0.1:8443] by process 4711')
            ->assertFailed();

        $this->assertNull($this->server->invocation);
        $this->assertFileExists($this->path);
    }

    public function test_a_server_that_does_not_serve_yet_is_said_to_be_starting(): void
    {
        $this->running(urls: []);
        $this->console(["askr: no server of this application answers\n"], exitCode: 69);

        $this->artisan('askr:start')->expectsOutputToContain('being started by process 4711')->assertFailed();
        $this->artisan('askr:status')->expectsOutputToContain('does not serve yet')->assertSuccessful();
        $this->assertSame('starting', $this->app->make(AboutSection::class)->lines()['Server']);
    }

    public function test_start_says_where_a_server_serves_that_listens_elsewhere_than_at_an_address(): void
    {
        $this->console(["askr: serving unix:/run/shop.sock\n", "askr: serving https://127.0.0.1:8443\n"]);
        $this->server->meanwhile = function (): void {
            $this->assertSame('unix:/run/shop.sock, https://127.0.0.1:8443', $this->app->make(ServerStateFile::class)->running()?->place());
        };
        $this->app->make('config')->set(['askr.host' => 'not a host', 'askr.server' => ['listen' => 'unix:/run/shop.sock,https://127.0.0.1:8443']]);

        $this->artisan('askr:start')
            ->expectsOutputToContain('Server running on [unix:/run/shop.sock]')
            ->expectsOutputToContain('Server running on [https://127.0.0.1:8443]')
            ->assertSuccessful();

        $this->assertNotContains('--listen', $this->server->invocation->command);
        $this->assertSame(
            ['listen' => 'unix:/run/shop.sock,https://127.0.0.1:8443'],
            json_decode($this->server->invocation->environment['ASKR_LARAVEL_CONFIG'], true),
        );
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

    public function test_reload_is_the_binarys_with_the_configuration_of_the_server(): void
    {
        $this->console(["generation 2 boots\n", "generation 2 serves\n"]);
        $this->app->make('config')->set('askr.server', ['control_socket' => '/run/askr.sock']);

        $this->artisan('askr:reload', ['--path' => '/srv/releases/2', '--no-canary' => true])
            ->expectsOutputToContain('generation 2 boots')
            ->expectsOutputToContain('generation 2 serves')
            ->assertSuccessful();

        $this->assertSame(
            [self::BINARY, 'reload', '--path', '/srv/releases/2', '--no-canary'],
            $this->server->invocation->command,
        );
        $this->assertSame($this->app->basePath(), $this->server->invocation->environment['ASKR_APP_BASE']);
        $this->assertSame(
            '/run/askr.sock',
            json_decode($this->server->invocation->environment['ASKR_LARAVEL_CONFIG'], true)['control_socket'],
        );
    }

    public function test_a_server_that_runs_is_found_by_the_name_it_was_given(): void
    {
        (new ServerStateFile($this->path, $this->processes))
            ->write(new ServerState(4711, '900', 1_700_000_000, '/srv/app/current'));

        $this->artisan('askr:reload')->assertSuccessful();
        $this->assertSame('/srv/app/current', $this->server->invocation->environment['ASKR_APP_BASE']);

        $this->processes->startTimes = [];
        $this->artisan('askr:reload')->assertSuccessful();
        $this->assertSame($this->app->basePath(), $this->server->invocation->environment['ASKR_APP_BASE']);
    }

    public function test_the_exit_codes_of_reload_and_rollback_are_the_binarys(): void
    {
        $this->console(["askr: no server of this application answers\n"], exitCode: 69);
        $this->artisan('askr:reload')->expectsOutputToContain('no server')->assertExitCode(69);
        $this->assertSame([self::BINARY, 'reload'], $this->server->invocation->command);

        $this->console(["askr: there is no generation to return to\n"], exitCode: 1);
        $this->artisan('askr:rollback')->expectsOutputToContain('to return to')->assertExitCode(1);
        $this->assertSame([self::BINARY, 'rollback'], $this->server->invocation->command);
    }

    public function test_reload_says_where_it_looked_for_the_binary(): void
    {
        $this->app->make('config')->set('askr.binary', '/nowhere/askr');

        $this->artisan('askr:reload')->expectsOutputToContain('/nowhere/askr')->assertExitCode(1);
    }

    public function test_status_shows_the_server_that_runs(): void
    {
        $this->running();
        $this->console(["askr: no server of this application answers\n"], exitCode: 69);

        $this->artisan('askr:status')
            ->expectsOutputToContain('https://127.0.0.1:8443')
            ->expectsOutputToContain('4711')
            ->assertSuccessful();
    }

    public function test_status_shows_generation_and_workers_also_of_a_server_that_was_started_otherwise(): void
    {
        $this->console(["a warning\n", (string) json_encode([
            'generation' => 7, 'path' => '/srv/releases/7/public', 'since' => 1_700_000_000, 'change' => null, 'previous' => 6,
            'pools' => [['name' => 'default', 'waiting' => 3, 'workers' => [[
                'seat' => 0, 'incarnation' => 9, 'pid' => 815, 'generation' => 7, 'state' => 'busy', 'canary' => true,
                'replies' => 12, 'failures' => 1, 'age' => 61, 'private_bytes' => 2_097_152,
            ]]]],
            'store' => ['socket' => '/run/askr/a.store.sock', 'namespaces' => [[
                'name' => 'sessions', 'entries' => 321, 'bytes' => 1_572_864, 'capacity' => 8 << 20,
                'hits' => 400, 'misses' => 17, 'evictions' => 0, 'refused' => 5,
            ]]],
        ])]);

        $console = $this->app->make(Kernel::class);
        $this->assertSame(0, $console->call('askr:status'));
        $output = $console->output();

        foreach (['a.store.sock', 'sessions', '321', '1.5 MB', '8.0 MB', '400', '17', 'generation 6', '/srv/releases/7 ', '3 requests wait', '815', 'busy (canary)', '61 s', '2.0 MB'] as $text) {
            $this->assertStringContainsString($text, $output);
        }

        $this->assertSame([self::BINARY, 'status', '--json'], $this->server->invocation->command);
    }

    public function test_one_of_several_applications_can_be_meant(): void
    {
        foreach (['askr:reload' => 'reload', 'askr:rollback' => 'rollback'] as $command => $passed) {
            $this->artisan($command, ['--host' => 'shop'])->assertSuccessful();

            $this->assertSame([self::BINARY, $passed, '--host', 'shop'], $this->server->invocation->command);
        }

        $this->console(['{"generation": 3}']);
        $this->artisan('askr:status', ['--host' => 'shop'])->expectsOutputToContain('Generation')->assertSuccessful();
        $this->assertSame([self::BINARY, 'status', '--json', '--host', 'shop'], $this->server->invocation->command);
    }

    public function test_status_fails_when_the_server_has_no_such_application(): void
    {
        $this->running();
        $this->console(["askr: there is no application shop\n"], exitCode: 1);

        $this->artisan('askr:status', ['--host' => 'shop'])
            ->expectsOutputToContain('says nothing of an application [shop]')
            ->assertFailed();
    }

    public function test_status_shows_the_other_applications(): void
    {
        $pool = fn (int $process): array => ['name' => 'default', 'waiting' => 0, 'workers' => [[
            'seat' => 0, 'pid' => $process, 'generation' => 1, 'state' => 'idle', 'canary' => false, 'replies' => 0, 'failures' => 0, 'age' => 1,
        ]]];
        $this->console([(string) json_encode([
            'generation' => 7, 'pools' => [$pool(815)],
            'hosts' => [
                ['name' => 'shop', 'generation' => 9, 'path' => '/srv/shop/public', 'pools' => [$pool(816)]],
                ['name' => 'blog', 'generation' => 4, 'change' => 'given up: no such class', 'pools' => []],
            ],
        ])]);

        $console = $this->app->make(Kernel::class);
        $this->assertSame(0, $console->call('askr:status'));
        $this->assertMatchesRegularExpression(
            '~ 815 .*Host shop .*/srv/shop .* 816 .*Host blog .*given up: no such class~s',
            $console->output(),
        );
    }

    public function test_status_fails_when_the_server_does_not_run(): void
    {
        foreach (['askr: no server', '{ not json'] as $printed) {
            $this->console([$printed], exitCode: 69);

            $this->artisan('askr:status')->expectsOutputToContain('not running')->assertFailed();
        }
    }

    /** @param  list<string>  $output */
    private function console(array $output, int $exitCode = 0): void
    {
        $this->server = new FakeServerProcess($output, $exitCode);
        $this->app->instance(ServerProcess::class, $this->server);
    }

    /** @param  list<string>  $urls */
    private function running(array $urls = ['https://127.0.0.1:8443']): void
    {
        (new ServerStateFile($this->path, $this->processes))
            ->write(new ServerState(4711, '900', 1_700_000_000, null, $urls));
    }
}
