<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Events\TemplateForking;
use Askr\Laravel\Events\WorkerForked;
use Askr\Laravel\Events\WorkerStarting;
use Askr\Laravel\Listeners\CloseClients;
use Askr\Laravel\Listeners\CloseDatabaseConnections;
use Askr\Laravel\Listeners\CloseLogHandlers;
use Askr\Laravel\Listeners\CloseRedisConnections;
use Askr\Laravel\Listeners\ForgetIdentifiers;
use Askr\Laravel\Testing\Fakes\FakeBridge;
use Askr\Laravel\Testing\Fakes\FakeWorkerClient;
use Askr\Laravel\Tests\TestCase;
use Askr\Laravel\Worker\Worker;
use GuzzleHttp\Handler\CurlFactory;
use GuzzleHttp\Handler\CurlMultiHandler;
use Illuminate\Http\Request;
use Illuminate\Redis\Connections\Connection;
use Monolog\Handler\BufferHandler;
use Monolog\Handler\StreamHandler;
use Monolog\Logger;
use PHPUnit\Framework\Attributes\Group;
use ReflectionProperty;
use Symfony\Component\Uid\Ulid;

class ForkTest extends TestCase
{
    public function test_the_moments_of_a_fork_are_told_between_booting_and_serving(): void
    {
        $told = [];

        foreach ([WorkerStarting::class, TemplateForking::class, WorkerForked::class] as $moment) {
            $this->app->make('events')->listen($moment, function () use (&$told, $moment): void {
                $told[] = $moment;
            });
        }

        $this->work(isForking: true);
        $this->assertSame([WorkerStarting::class, TemplateForking::class, WorkerForked::class], $told);

        $told = [];
        $this->work(isForking: false);
        $this->assertSame([WorkerStarting::class], $told);
    }

    public function test_listeners_of_the_configuration_run_before_those_of_the_application(): void
    {
        $listener = new class
        {
            /** @var list<string> */
            public array $heard = [];

            public function handle(object $event): void
            {
                $this->heard[] = class_basename($event);
            }
        };
        $this->app->instance('listener', $listener);
        $this->app->make('config')->set('askr.listeners', [WorkerForked::class => ['listener']]);
        $this->app->make('events')->listen(WorkerForked::class, fn (): int => array_push($listener->heard, 'application'));

        $this->work(isForking: true);

        $this->assertSame(['WorkerForked', 'application'], $listener->heard);
    }

    public function test_what_a_forked_worker_binds_for_itself_is_kept(): void
    {
        $this->app->make('router')->get('bound', fn (): string => $this->app->bound('own') ? 'kept' : 'gone');
        $this->app->make('events')->listen(WorkerForked::class, fn () => $this->app->instance('own', new \stdClass));
        $client = new FakeWorkerClient([Request::create('/bound'), Request::create('/bound')]);

        (new Worker($this->app, new FakeBridge(2, isForking: true), $client))->run();

        $this->assertSame(['kept', 'kept'], array_map(fn ($response): string => $response->getContent(), $client->responses));
    }

    public function test_what_a_request_made_is_gone_before_a_worker_becomes_a_template(): void
    {
        $bound = null;
        $this->app->make('router')->get('bind', function (): string {
            $this->app->instance('bound', new \stdClass);

            return 'bound';
        });
        $this->app->make('events')->listen(TemplateForking::class, function () use (&$bound): void {
            $bound = $this->app->bound('bound');
        });
        $bridge = new FakeBridge(1);
        (new Worker($this->app, $bridge, new FakeWorkerClient([Request::create('/bind')])))->run();

        $bridge->fork();

        $this->assertFalse($bound);
    }

    public function test_database_connections_are_closed_and_open_again_when_they_are_used(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'askr');
        $this->app->make('config')->set('database.connections.file', ['driver' => 'sqlite', 'database' => $file]);
        $connection = $this->app->make('db')->connection('file');
        $connection->statement('create table notes (text text)');
        $kept = $this->app->make('db')->connection()->getPdo();

        $this->forking(CloseDatabaseConnections::class);

        $this->assertNull($connection->getRawPdo());
        $this->assertSame([], $this->descriptorsOf($file));
        $this->assertSame(0, $connection->table('notes')->count());
        $this->assertNotSame([], $this->descriptorsOf($file));
        $this->assertSame($kept, $this->app->make('db')->connection()->getPdo(), 'What is in memory only would be lost.');
        $connection->disconnect();
        unlink($file);
    }

    public function test_redis_connections_are_closed_and_made_anew(): void
    {
        $clients = [];
        $this->app->make('config')->set('database.redis', ['default' => [], 'cache' => []]);
        $redis = $this->app->make('redis');
        $redis->extend('counted', function () use (&$clients): object {
            return new class($clients)
            {
                /** @param  list<object>  $clients */
                public function __construct(private array &$clients)
                {
                }

                public function connect(): Connection
                {
                    return new class($this->clients[] = new class
                    {
                        public bool $isOpen = true;

                        public function close(): void
                        {
                            $this->isOpen = false;
                        }
                    }) extends Connection
                    {
                        public function __construct(object $client)
                        {
                            $this->client = $client;
                        }

                        public function createSubscription($channels, \Closure $callback, $method = 'subscribe'): void
                        {
                        }
                    };
                }
            };
        });
        $redis->setDriver('counted');
        $redis->connection();
        $redis->connection('cache');

        $this->forking(CloseRedisConnections::class);

        $this->assertSame([false, false], array_column($clients, 'isOpen'));
        $this->assertTrue($redis->connection()->client()->isOpen);
        $this->assertCount(3, $clients);
    }

    #[Group(self::SINCE_LARAVEL_11)] // There is no Guzzle beside the older one.
    public function test_clients_are_closed_wherever_the_application_holds_them(): void
    {
        $factory = new CurlFactory(3);
        $multi = new CurlMultiHandler(['handle_factory' => $factory]);
        $handles = new ReflectionProperty($factory, 'handles');
        $handles->setValue($factory, [curl_init()]);
        $before = $multi->_mh;
        // As a broadcaster has it: in a closure that a handler stack keeps, in a client of its own.
        $this->app->instance('client', new class(fn (): mixed => $multi)
        {
            public function __construct(private \Closure $handler)
            {
            }
        });

        $this->forking(CloseClients::class);

        $this->assertSame([], $handles->getValue($factory));
        $this->assertNotSame($before, $multi->_mh);
    }

    public function test_the_log_is_written_out_and_closed_and_goes_on(): void
    {
        $file = (string) tempnam(sys_get_temp_dir(), 'askr');
        $this->app->make('log')->extend('buffered', fn (): Logger => new Logger('test', [new BufferHandler(new StreamHandler($file))]));
        $this->app->make('config')->set('logging.channels.buffered', ['driver' => 'buffered']);
        $log = $this->app->make('log')->channel('buffered');
        $log->info('before the fork');

        $this->forking(CloseLogHandlers::class);

        $this->assertStringContainsString('before the fork', (string) file_get_contents($file));
        $this->assertSame([], $this->descriptorsOf($file));
        $log->info('after the fork');
        $this->forking(CloseLogHandlers::class);
        $this->assertStringContainsString('after the fork', (string) file_get_contents($file));
        unlink($file);
    }

    public function test_identifiers_of_the_same_moment_are_not_counted_up_alike(): void
    {
        $time = new ReflectionProperty(Ulid::class, 'time');
        new Ulid;
        // As if the last one were of this millisecond, whenever that is.
        $time->setValue(null, (string) (PHP_INT_MAX >> 8));
        $first = new Ulid;
        $second = new Ulid;
        $this->assertSame(substr((string) $first, 0, 20), substr((string) $second, 0, 20), 'They are not counted up at all.');

        $this->forking(ForgetIdentifiers::class);

        $this->assertNotSame(substr((string) $first, 10, 10), substr((string) new Ulid, 10, 10));
    }

    private function work(bool $isForking): void
    {
        (new Worker($this->app, new FakeBridge(isForking: $isForking), new FakeWorkerClient([])))->run();
    }

    /** @param  class-string  $listener */
    private function forking(string $listener): void
    {
        $this->app->make($listener)->handle(new TemplateForking($this->app));
    }

    /** @return list<string> */
    private function descriptorsOf(string $file): array
    {
        $targets = array_map(
            fn (string $path): string => (string) @readlink($path),
            glob('/proc/self/fd/*') ?: [],
        );

        return array_values(array_filter($targets, fn (string $target): bool => $target === $file));
    }
}
