<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Process\ApplicationPath;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Askr\Laravel\Socket\StoreSocket;
use Askr\Laravel\Testing\Fakes\FakeProcessTable;
use Askr\Laravel\Testing\Fakes\FakeServerProcess;
use Askr\Laravel\Tests\TestCase;

class StoreSocketTest extends TestCase
{
    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = sys_get_temp_dir().'/askr-test-'.bin2hex(random_bytes(8));
        mkdir($this->folder, 0700);
        $this->app->instance(ServerStateFile::class, $this->stateFile(null));
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("{$this->folder}/*.json") ?: []);
        array_map(rmdir(...), [...glob("{$this->folder}/*") ?: [], $this->folder]);
        putenv('XDG_RUNTIME_DIR');

        parent::tearDown();
    }

    public function test_a_socket_that_was_given_is_the_only_one(): void
    {
        $this->configure(['store_socket' => '/run/own.sock', 'control_socket' => '/run/a.sock']);
        $this->assertSame(['/run/own.sock'], $this->socket()->places());
        $this->assertTrue($this->socket()->isTrusted('/run/own.sock'));

        $this->configure(['store_socket' => 'storage/own.sock']);
        $this->assertSame([$this->base().'/storage/own.sock'], $this->socket()->places());
    }

    public function test_it_lies_beside_the_control_socket(): void
    {
        foreach (['/run/a.sock' => '/run/a.store.sock', '/run/a' => '/run/a.store.sock', '/run.d/a' => '/run.d/a.store.sock'] as $control => $store) {
            $this->configure(['control_socket' => $control]);

            $this->assertSame($store, $this->socket()->places()[0]);
            $this->assertTrue($this->socket()->isTrusted($store));
        }
    }

    public function test_folders_of_this_user_are_looked_through_for_the_name_of_the_application(): void
    {
        putenv('XDG_RUNTIME_DIR=/x');
        $user = posix_geteuid();
        $name = hash('fnv1a64', $this->base()).'.store.sock';

        $this->assertSame(
            ["/x/askr/{$name}", "/run/user/{$user}/askr/{$name}", rtrim(getenv('TMPDIR') ?: '/tmp', '/')."/askr-{$user}/{$name}"],
            array_values(array_filter($this->socket()->places(), fn (string $place): bool => str_ends_with($place, $name))),
        );
    }

    public function test_so_are_those_of_the_user_that_the_server_runs_php_as(): void
    {
        $this->configure(['user' => 'nobody']);
        $nobody = posix_getpwnam('nobody')['uid'];

        $this->assertStringContainsString("/run/user/{$nobody}/askr/", implode(' ', $this->socket()->places()));
    }

    public function test_the_server_may_know_the_application_by_another_name(): void
    {
        $this->app->instance(ServerStateFile::class, $this->stateFile('/srv/app/current'));

        $this->assertStringEndsWith('/'.hash('fnv1a64', '/srv/app/current').'.store.sock', $this->socket()->places()[0]);
    }

    public function test_a_folder_that_others_could_have_made_is_not_looked_into(): void
    {
        putenv("XDG_RUNTIME_DIR={$this->folder}");
        $place = $this->socket()->places()[0];

        $this->assertFalse($this->socket()->isTrusted($place), 'it is not there');

        mkdir(dirname($place));
        chmod(dirname($place), 0700);
        $this->assertTrue($this->socket()->isTrusted($place));

        chmod(dirname($place), 0770);
        $this->assertFalse($this->socket()->isTrusted($place));
        chmod(dirname($place), 0700);
    }

    public function test_the_server_itself_is_asked_where_nobody_listens(): void
    {
        $this->configure(['store_socket' => '/nowhere/store.sock']);
        $this->app->make('config')->set('askr.binary', dirname(__DIR__, 2).'/fixtures/laravel/askr');
        $server = new FakeServerProcess(['{"store":{"socket":"/run/told.sock"}}']);
        $this->app->instance(ServerProcess::class, $server);
        $socket = $this->socket();

        $this->assertSame('/run/told.sock', $socket->ask());
        $this->assertSame('status', $server->invocation->command[1]);
        $this->assertSame(['/run/told.sock'], $socket->places());
        $this->assertTrue($socket->isTrusted('/run/told.sock'));

        $this->app->instance(ServerProcess::class, new FakeServerProcess(['askr: no server'], exitCode: 69));
        $socket = $this->socket();
        $this->assertNull($socket->ask());
        $this->assertSame(['/nowhere/store.sock'], $socket->places());
    }

    /** @param  array<string, string>  $options */
    private function configure(array $options): void
    {
        $this->app->make('config')->set('askr.server', $options);
    }

    private function socket(): StoreSocket
    {
        return $this->app->make(StoreSocket::class);
    }

    private function base(): string
    {
        return $this->app->make(ApplicationPath::class)->base();
    }

    private function stateFile(?string $base): ServerStateFile
    {
        $file = new ServerStateFile("{$this->folder}/state.json", new FakeProcessTable([4711 => 'now']));

        if ($base !== null) {
            $file->write(new ServerState(4711, 'now', 0, $base));
        }

        return $file;
    }
}
