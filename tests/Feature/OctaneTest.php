<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Octane\Installation;
use Askr\Laravel\Tests\TestCase;
use Askr\Laravel\Worker\ApplicationFactory;
use Askr\Laravel\Worker\ResponseEmitter;
use Generator;
use Illuminate\Http\Request;
use Illuminate\Http\Response;
use Laravel\Octane\Contracts\OperationTerminated;
use Laravel\Octane\Events;
use PHPUnit\Framework\Attributes\PreserveGlobalState;
use PHPUnit\Framework\Attributes\RunTestsInSeparateProcesses;
use RuntimeException;
use stdClass;

/**
 * An application with laravel/octane; doubles of its events stand in for it.
 */
#[RunTestsInSeparateProcesses]
#[PreserveGlobalState(false)]
class OctaneTest extends TestCase
{
    protected function setUp(): void
    {
        require_once dirname(__DIR__).'/fixtures/octane/events.php';

        parent::setUp();
    }

    public function test_its_events_are_dispatched_with_what_they_carry(): void
    {
        $told = [];

        foreach ([
            Events\WorkerStarting::class, Events\RequestReceived::class, Events\RequestHandled::class,
            Events\RequestTerminated::class, OperationTerminated::class, Events\WorkerErrorOccurred::class,
            Events\WorkerStopping::class,
        ] as $name) {
            $this->app['events']->listen($name, function (object $event) use (&$told, $name): void {
                $carried = array_filter(get_object_vars($event), fn (object $value): bool => $value !== $this->app);
                $told[] = class_basename($name).' '.implode(' ', array_keys($carried));
            });
        }

        $this->app->terminating(fn () => throw new RuntimeException('on purpose'));
        $this->serve(['leaf' => fn (): string => 'leaf'], '/leaf');

        $this->assertSame([
            'WorkerStarting ',
            'RequestReceived request',
            'RequestHandled request response',
            'WorkerErrorOccurred exception',
            'WorkerStopping ',
        ], $told);
    }

    public function test_the_end_of_an_operation_is_told_to_those_who_listen_for_the_contract(): void
    {
        $ended = [];
        $this->app['events']->listen(OperationTerminated::class, function (OperationTerminated $event) use (&$ended): void {
            $ended[] = $event->request->path();
            $this->assertSame($this->app, $event->sandbox());
        });

        $this->serve(['a' => fn (): string => 'a', 'b' => fn (): string => 'b'], '/a', '/b', '/a');

        $this->assertSame(['a', 'b', 'a'], $ended);
    }

    public function test_a_request_is_received_after_the_state_of_the_last_is_gone(): void
    {
        $seen = [];
        $this->app['events']->listen(Events\RequestReceived::class, function (Events\RequestReceived $event) use (&$seen): void {
            $seen[] = $event->sandbox['config']['tenant'].$event->sandbox['request']->path();
        });

        $this->serve(['a' => function (): string {
            $this->app['config']->set('tenant', 'left behind');

            return 'a';
        }], '/a', '/a', '/a');

        $this->assertSame(['a', 'a', 'a'], $seen);
    }

    public function test_a_worker_and_every_request_are_flagged(): void
    {
        $_SERVER = array_diff_key($_SERVER, ['LARAVEL_OCTANE' => 1]);

        $bodies = $this->bodies(['flag' => function (): string {
            $flag = $_SERVER['LARAVEL_OCTANE'] ?? 'none';
            // As the server does when it fills the variables for the next request.
            unset($_SERVER['LARAVEL_OCTANE']);

            return $flag;
        }], '/flag', '/flag', '/flag');

        $this->assertSame(['1', '1', '1'], $bodies);
    }

    public function test_the_server_is_named_and_listeners_whose_work_is_done_are_left_out(): void
    {
        $this->app['config']->set('octane', ['server' => 'roadrunner', 'listeners' => [
            Events\RequestReceived::class => [
                'Laravel\Octane\Listeners\FlushSessionState',
                'Laravel\Octane\Listeners\EnforceRequestScheme',
                'App\Listeners\Own',
            ],
            OperationTerminated::class => ['Laravel\Octane\Listeners\FlushOnce'],
        ]]);

        Installation::configure($this->app);

        $this->assertSame(['server' => 'askr', 'listeners' => [
            Events\RequestReceived::class => ['Laravel\Octane\Listeners\EnforceRequestScheme', 'App\Listeners\Own'],
            OperationTerminated::class => [],
        ]], $this->app['config']['octane']);
    }

    public function test_the_application_boots_flagged_and_configured(): void
    {
        unset($_SERVER['LARAVEL_OCTANE']);

        $app = (new ApplicationFactory(self::application()))->create();

        try {
            $this->assertSame('1', $_SERVER['LARAVEL_OCTANE']);
            $this->assertSame('askr', $app['config']['octane.server']);
        } finally {
            restore_error_handler();
            restore_exception_handler();
        }
    }

    public function test_a_service_to_be_flushed_is_made_for_each_request(): void
    {
        foreach (['octane', 'askr', 'neither'] as $package) {
            $this->app->singleton("{$package}.kept", fn (): stdClass => (object) ['number' => 0]);
            $this->app->make("{$package}.kept");
        }

        $this->app['config']->set(['octane.flush' => ['octane.kept'], 'askr.flush' => ['askr.kept']]);

        $count = fn (string $package): int => ++$this->app->make("{$package}.kept")->number;
        $bodies = $this->bodies(
            ['count' => fn (): string => $count('octane').$count('askr').$count('neither')],
            '/count', '/count', '/count',
        );

        $this->assertSame(['111', '112', '113'], $bodies);
    }

    public function test_a_route_of_octane_is_answered_and_those_of_its_tasks_are_not(): void
    {
        $this->app->instance('octane', new class
        {
            public function hasRouteFor(string $method, string $uri): bool
            {
                return in_array("{$method} {$uri}", ['GET /fast', 'POST /octane/resolve-tasks'], true);
            }

            public function invokeRoute(Request $request, string $method, string $uri): Response
            {
                return new Response("{$method} {$uri}");
            }
        });

        $client = $this->serve(
            ['slow' => fn (): string => 'by the router'],
            '/fast', '/slow', Request::create('/octane/resolve-tasks', 'POST'),
        );

        $this->assertSame(
            ['GET /fast', 'by the router'],
            array_map(fn ($response) => $response->getContent(), array_slice($client->responses, 0, 2)),
        );
        $this->assertSame(404, $client->responses[2]->getStatusCode());
    }

    public function test_a_generator_that_the_framework_hands_over_as_it_is_is_sent(): void
    {
        $client = $this->serve(['stream' => fn () => response()->stream(function (): Generator {
            yield 'first ';
            yield 'second';
        })], '/stream');

        $sent = '';
        ob_start(function (string $chunk) use (&$sent): string {
            $sent .= $chunk;

            return '';
        });
        (new ResponseEmitter)->emit($client->responses[0]);
        ob_end_clean();

        $this->assertSame('first second', $sent);
    }
}
