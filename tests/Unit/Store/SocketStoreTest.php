<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreRefused;
use Askr\Laravel\Exceptions\StoreUnavailable;
use Askr\Laravel\Socket\RespConnection;
use Askr\Laravel\Socket\SocketStore;
use Askr\Laravel\Socket\StoreSocket;
use Askr\Laravel\Store\Space;
use Closure;
use PHPUnit\Framework\Attributes\DataProvider;
use Symfony\Component\Process\Process;

class SocketStoreTest extends SharedStoreTestCase
{
    private string $path;

    private ?Process $server = null;

    private ?SocketStore $store = null;

    protected function setUp(): void
    {
        $this->path = (string) tempnam(sys_get_temp_dir(), 'askr-store-');
        unlink($this->path);
    }

    protected function tearDown(): void
    {
        $this->server?->stop(0);
        @unlink($this->path);
    }

    public function test_without_a_server_the_exception_says_where_one_was_looked_for(): void
    {
        try {
            $this->connect()->get('key', Space::Cache);
            $this->fail('nobody listens');
        } catch (StoreUnavailable $exception) {
            $this->assertStringContainsString($this->path, $exception->getMessage());
            $this->assertStringContainsString('php artisan askr:start', $exception->getMessage());
        }
    }

    public function test_a_server_that_is_started_later_is_found(): void
    {
        $store = $this->connect();

        try {
            $store->statistics();
            $this->fail('nobody listens');
        } catch (StoreUnavailable) {
            $this->start();
        }

        $this->assertSame([], array_filter(array_column($store->statistics(), 'entries')));
    }

    public function test_a_connection_that_the_server_has_closed_is_opened_again(): void
    {
        $this->store()->set('good-bye', 1, 0, Space::Counters);
        // Whoever is answered now was so after the first connection was closed.
        $this->assertSame(1, $this->connect()->get('good-bye', Space::Counters));

        $this->assertSame(1, $this->store()->increment('key', 1, 0, Space::Counters));
        $this->assertSame(2, $this->store()->increment('key', 1, 0, Space::Counters));
    }

    /** @param  Closure(SharedStore): mixed  $ask */
    #[DataProvider('interruptions')]
    public function test_what_was_interrupted_is_not_done_twice(string $command, Closure $ask): void
    {
        try {
            $ask($this->store());
            $this->fail('the server has said nothing');
        } catch (StoreUnavailable $exception) {
            $this->assertStringContainsString("during {$command}", $exception->getMessage());
        }

        $this->assertSame(1, $this->store()->increment('key', 1, 0, Space::Counters));
    }

    /** @return array<string, array{string, Closure}> */
    public static function interruptions(): array
    {
        return [
            'before the reply' => ['ASKR.INCR', fn (SharedStore $store) => $store->increment('hang up', 1, 0, Space::Counters)],
            'within the reply' => ['ASKR.GET', fn (SharedStore $store) => $store->get('say half', Space::Cache)],
        ];
    }

    public function test_processes_that_fork_have_a_connection_each(): void
    {
        if (! function_exists('pcntl_fork')) {
            $this->fail('the tests run with pcntl');
        }

        $this->store()->set('key', 1, 0, Space::Sessions);
        $connections = fn (): int => count(preg_grep('~'.preg_quote($this->path, '~').'$~', file('/proc/net/unix') ?: []) ?: []);
        $before = $connections();
        $child = pcntl_fork();

        if ($child === 0) {
            $isAnswered = $this->store()->get('key', Space::Sessions) === 1;
            // Nothing of this process's shutdown is to run twice.
            posix_kill((int) getmypid(), $isAnswered && $connections() === $before + 1 ? SIGKILL : SIGTERM);
        }

        pcntl_waitpid($child, $status);
        $this->assertSame(SIGKILL, pcntl_wtermsig($status));
        $this->assertSame(1, $this->store()->get('key', Space::Sessions));
    }

    public function test_a_lock_cannot_end_with_a_process_that_the_server_does_not_know(): void
    {
        $this->expectException(StoreRefused::class);
        $this->expectExceptionMessage('in processes of the server only');

        $this->store()->acquireLock('lock', 'me', 0, 0, untilDeath: true);
    }

    protected function store(): SharedStore
    {
        if ($this->server === null) {
            $this->start();
        }

        return $this->store ??= $this->connect();
    }

    private function connect(): SocketStore
    {
        $socket = $this->createStub(StoreSocket::class);
        $socket->method('places')->willReturn([$this->path]);
        $socket->method('isTrusted')->willReturn(true);

        return new SocketStore(new RespConnection($socket));
    }

    private function start(): void
    {
        $root = dirname(__DIR__, 3);
        $this->server = new Process(
            [PHP_BINARY, "{$root}/tests/fixtures/laravel/store-socket.php", $this->path],
            env: ['COMPOSER_VENDOR_DIR' => getenv('COMPOSER_VENDOR_DIR') ?: "{$root}/vendor"],
        );
        $this->server->start();
        $this->server->waitUntil(fn (string $type, string $output): bool => str_contains($output, 'listening'));
        $this->assertTrue($this->server->isRunning(), $this->server->getErrorOutput());
    }
}
