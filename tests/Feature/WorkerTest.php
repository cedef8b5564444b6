<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Events\RequestHandled;
use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Events\RequestTerminated;
use Askr\Laravel\Events\WorkerErrorOccurred;
use Askr\Laravel\Events\WorkerStarting;
use Askr\Laravel\Events\WorkerStopping;
use Askr\Laravel\Testing\Fakes\FakeBridge;
use Askr\Laravel\Testing\Fakes\FakeWorkerClient;
use Askr\Laravel\Tests\TestCase;
use Askr\Laravel\Worker\Worker;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;
use LogicException;
use RuntimeException;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

class WorkerTest extends TestCase
{
    public function test_the_application_is_served_from_the_booted_state(): void
    {
        $client = $this->serve([], '/', '/json', '/page-that-is-not-there');

        $this->assertSame([200, 200, 404], $this->statuses($client));
    }

    public function test_the_client_has_its_response_before_the_application_tidies_up(): void
    {
        $bridge = new FakeBridge(1);
        $this->app->terminating(function () use ($bridge): void {
            $bridge->calls[] = 'terminating';
        });

        $this->work($bridge, new FakeWorkerClient([Request::create('/up')]));

        $this->assertSame(['cowReady', 'handleRequest', 'finishRequest', 'terminating'], $bridge->calls);
    }

    public function test_the_moments_of_a_worker_are_told_in_order(): void
    {
        $told = [];
        $moments = [WorkerStarting::class, RequestReceived::class, RequestHandled::class, RequestTerminated::class, WorkerStopping::class];

        foreach ($moments as $moment) {
            $this->app->make('events')->listen($moment, function () use (&$told, $moment): void {
                $told[] = $moment;
            });
        }

        $this->serve([], '/up');

        $this->assertSame($moments, $told);
    }

    public function test_what_is_made_when_the_worker_starts_is_kept(): void
    {
        $this->app->make('events')->listen(WorkerStarting::class, fn () => $this->app->instance('made', new \stdClass));

        $bodies = $this->bodies(
            ['made' => fn (): string => $this->app->bound('made') ? 'kept' : 'gone'],
            '/made', '/made', '/made',
        );

        $this->assertSame(['kept', 'kept', 'kept'], $bodies);
    }

    public function test_an_exception_of_a_route_is_laravels_error_page_and_the_worker_goes_on(): void
    {
        $client = $this->serve([], '/fail', '/json', '/fail');

        $this->assertSame([500, 200, 500], $this->statuses($client));
        $this->assertSame(0, $client->failures);
    }

    public function test_an_exception_that_leaves_the_kernel_is_answered_and_logged_with_its_place(): void
    {
        $reported = $this->replaceKernel(fn (Request $request): Response => $request->path() === 'escape'
            ? throw new LogicException('out of the kernel')
            : new Response('fine'));

        $client = new FakeWorkerClient([Request::create('/escape'), Request::create('/fine'), Request::create('/escape')]);
        $bridge = new FakeBridge(3);
        $this->work($bridge, $client);

        $this->assertSame(2, $client->failures);
        $this->assertSame([500, 500], array_map(fn (?Response $page): ?int => $page?->getStatusCode(), $client->pages));
        $this->assertStringContainsString('Server Error', $client->pages[1]->getContent());
        $this->assertSame('fine', $client->responses[0]->getContent());
        $this->assertSame([], $bridge->escaped);
        $this->assertCount(2, $reported);
        $this->assertSame(['out of the kernel', 'out of the kernel'], $this->logged($client));
    }

    public function test_a_response_that_breaks_off_is_left_to_the_server_to_cut(): void
    {
        $this->replaceKernel(fn (): Response => new Response);
        $client = new class([Request::create('/')]) extends FakeWorkerClient
        {
            public function respond(Response $response): void
            {
                throw new RuntimeException('in the middle');
            }

            public function fail(?Response $page): bool
            {
                return false;
            }
        };
        $bridge = new FakeBridge(1);

        $this->work($bridge, $client);

        $this->assertSame(['in the middle'], array_map(fn (Throwable $escaped): string => $escaped->getMessage(), $bridge->escaped));
    }

    public function test_an_exception_after_the_response_costs_nobody_anything(): void
    {
        $errors = 0;
        $this->app->make('events')->listen(WorkerErrorOccurred::class, function () use (&$errors): void {
            $errors++;
        });
        $this->app->terminating(fn () => throw new RuntimeException('while tidying up'));

        $client = $this->serve([], '/json', '/json', '/json');

        $this->assertSame([200, 200, 200], $this->statuses($client));
        $this->assertSame(0, $client->failures);
        $this->assertSame(3, $errors);
        $this->assertSame(array_fill(0, 3, 'while tidying up'), $this->logged($client));
    }

    public function test_an_exception_handler_that_fails_itself_does_not_end_the_worker(): void
    {
        $this->replaceKernel(fn (): Response => throw new LogicException('first'));
        $this->app->offsetUnset(ExceptionHandler::class);
        $this->app->bind(ExceptionHandler::class, fn () => throw new RuntimeException('second'));
        $client = new FakeWorkerClient([Request::create('/'), Request::create('/')]);

        $this->work(new FakeBridge(2), $client);

        $this->assertSame([null, null], $client->pages);
        $this->assertSame(['second', 'second', 'first', 'second', 'second', 'first'], $this->logged($client));
    }

    public function test_nothing_says_octane_where_it_is_not_installed(): void
    {
        $bodies = $this->bodies(
            ['flag' => fn (): string => $_SERVER['LARAVEL_OCTANE'] ?? 'none'],
            '/flag', '/flag', '/flag',
        );

        $this->assertSame(['none', 'none', 'none'], $bodies);
        $this->assertNull($this->app['config']['octane.server']);
    }

    public function test_memory_does_not_grow_with_the_requests(): void
    {
        $paths = array_fill(0, 50, '/json');
        $this->serve([], ...$paths);
        gc_collect_cycles();
        $before = memory_get_usage();

        $client = $this->serve([], ...$paths, ...$paths);
        unset($client);
        gc_collect_cycles();

        $this->assertLessThan(256 * 1024, memory_get_usage() - $before);
    }

    private function work(FakeBridge $bridge, FakeWorkerClient $client): void
    {
        (new Worker($this->app, $bridge, $client))->run();
    }

    /**
     * Put a kernel in the place of Laravel's, and note what is reported.
     *
     * @param  callable(Request): Response  $handle
     * @return \ArrayObject<int, Throwable>
     */
    private function replaceKernel(callable $handle): \ArrayObject
    {
        $reported = new \ArrayObject;

        $this->app->make(ExceptionHandler::class)->reportable(function (Throwable $exception) use ($reported): void {
            $reported[] = $exception;
        });

        $this->app->instance(Kernel::class, new class($handle(...)) implements Kernel
        {
            public function __construct(private \Closure $handle)
            {
            }

            public function bootstrap(): void
            {
            }

            public function handle($request): Response
            {
                return ($this->handle)($request);
            }

            public function terminate($request, $response): void
            {
            }

            public function getApplication(): never
            {
                throw new LogicException('Nobody asks.');
            }
        });

        return $reported;
    }

    /** @return list<int> */
    private function statuses(FakeWorkerClient $client): array
    {
        return array_map(fn (Response $response): int => $response->getStatusCode(), $client->responses);
    }

    /** @return list<string> */
    private function logged(FakeWorkerClient $client): array
    {
        return array_map(fn (Throwable $exception): string => $exception->getMessage(), $client->log);
    }
}
