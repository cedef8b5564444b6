<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Testing\Fakes\FakeWorkerClient;
use Askr\Laravel\Tests\TestCase;
use Closure;
use Illuminate\Http\Request;
use RuntimeException;
use Throwable;

class WarmUpTest extends TestCase
{
    public function test_the_default_is_the_health_page_of_laravel(): void
    {
        $this->assertSame(['/up'], (require dirname(__DIR__, 2).'/config/askr.php')['warm']);
    }

    public function test_pages_are_requested_before_anybody_else_does(): void
    {
        $seen = [];
        $see = function (Request $request) use (&$seen): string {
            $seen[] = $request->getMethod().' '.$request->fullUrl();

            return 'seen';
        };
        $this->app->make('router')->get('named', $see)->name('shop.front');
        $this->app->make('router')->getRoutes()->refreshNameLookups();

        $client = $this->warm(['/page?a=1', 'shop.front', 'http://admin.test/page'], ['page' => $see], '/page');

        $this->assertSame([
            'GET http://askr.test/page?a=1', 'GET http://askr.test/named', 'GET http://admin.test/page', 'GET http://localhost/page',
        ], $seen);
        $this->assertCount(1, $client->responses);
        $this->assertSame([], $this->logged($client));
    }

    public function test_nothing_that_they_leave_reaches_a_visitor(): void
    {
        $leave = function (Request $request): string {
            $this->app->make('config')->set('app.name', 'left');
            $this->app->instance('left', new \stdClass);
            $this->app->make('cookie')->queue('left', 'left');
            $this->app->make('events')->listen('left', fn (): string => 'left');
            $request->session()->put('left', 'left');
            header('X-Left: left');
            ob_start();

            return 'left';
        };
        $look = fn (Request $request): array => [
            $this->app->make('config')->get('app.name'),
            $this->app->bound('left'),
            $this->app->make('cookie')->getQueuedCookies(),
            $this->app->make('events')->hasListeners('left'),
            $request->session()->get('left'),
        ];
        $level = ob_get_level();

        $client = $this->warm(['/leave'], ['leave' => $leave, 'look' => $look], '/look');

        $this->assertSame('["Askr demo",false,[],false,null]', $client->responses[0]->getContent());
        $this->assertSame($level, ob_get_level());
        $this->assertSame([], preg_grep('/x-left/i', headers_list()));
    }

    public function test_their_sessions_are_stored_nowhere_and_those_of_visitors_are(): void
    {
        $this->app->make('config')->set(['session.driver' => 'file', 'session.files' => $folder = $this->folder()]);
        $count = fn (Request $request): string => count(glob("{$folder}/*") ?: []).($request->session()->increment('visits'));

        $client = $this->warm(['/count', '/count'], ['count' => $count], '/count', '/count');

        $this->assertSame(['01', '11'], array_map(fn ($response): string => $response->getContent(), $client->responses));
    }

    public function test_what_fails_is_logged_and_the_worker_serves(): void
    {
        $client = $this->warm(['/fail', '/nowhere', 'no.such.route', '/escape'], [
            'fail' => fn () => throw new RuntimeException('on purpose'),
            'fine' => fn (): string => 'fine',
        ], '/fine');

        $this->assertSame('fine', $client->responses[0]->getContent());
        $logged = $this->logged($client);
        $this->assertSame('`warm` of config/askr.php: /fail was answered 500.', $logged[0]);
        $this->assertSame('`warm` of config/askr.php: /nowhere was answered 404.', $logged[1]);
        $this->assertStringContainsString('no.such.route failed: Route [no.such.route] not defined', $logged[2]);
    }

    public function test_a_listener_that_throws_ends_its_page_only(): void
    {
        $this->app->make('events')->listen(RequestReceived::class, function (RequestReceived $event): void {
            $event->request->path() === 'thrown' ? throw new RuntimeException('out of a listener') : null;
        });

        $client = $this->warm(['/thrown', '/fine'], ['fine' => fn (): string => 'fine'], '/fine');

        $this->assertSame(['`warm` of config/askr.php: /thrown failed: out of a listener'], $this->logged($client));
        $this->assertSame('fine', $client->responses[0]->getContent());
    }

    /**
     * @param  list<string>  $warm
     * @param  array<string, Closure>  $routes
     */
    private function warm(array $warm, array $routes, string ...$requests): FakeWorkerClient
    {
        $this->app->make('config')->set('askr.warm', $warm);

        return $this->serve($routes, ...$requests);
    }

    /** @return list<string> */
    private function logged(FakeWorkerClient $client): array
    {
        return array_map(fn (Throwable $exception): string => $exception->getMessage(), $client->log);
    }

    private function folder(): string
    {
        $folder = sys_get_temp_dir().'/askr-warm-'.bin2hex(random_bytes(6));
        mkdir($folder);

        $this->beforeApplicationDestroyed(function () use ($folder): void {
            array_map(unlink(...), glob("{$folder}/*") ?: []);
            rmdir($folder);
        });

        return $folder;
    }
}
