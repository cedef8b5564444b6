<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests;

use Askr\Laravel\AskrServiceProvider;
use Askr\Laravel\Testing\Fakes\FakeBridge;
use Askr\Laravel\Testing\Fakes\FakeWorkerClient;
use Askr\Laravel\Worker\ApplicationFactory;
use Askr\Laravel\Worker\Worker;
use Closure;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\HandleExceptions;
use Illuminate\Foundation\Testing\TestCase as BaseTestCase;
use Illuminate\Http\Request;

/**
 * Boots an application for each test.
 */
abstract class TestCase extends BaseTestCase
{
    /** Tests of what Laravel 10 does not have; not run there. */
    public const SINCE_LARAVEL_11 = 'laravel-11';

    /** Tests of what Laravel 12 does not have either. */
    public const SINCE_LARAVEL_13 = 'laravel-13';

    /** How often an application was booted for this test. */
    private int $boots = 0;

    /** The demo, or where Laravel is too old for its bootstrap file, the one of the end-to-end tests. */
    public static function application(): string
    {
        return dirname(__DIR__).(
            method_exists(Application::class, 'configure') ? '/laravel/demo' : '/tests/fixtures/application'
        );
    }

    /** The application, with the package whether or not it was discovered. */
    public function createApplication(): Application
    {
        $this->boots++;
        $app = require static::application().'/bootstrap/app.php';
        $app->make(Kernel::class)->bootstrap();
        $app->register(AskrServiceProvider::class);

        // Tests say themselves which requests there are.
        $app->make('config')->set('askr.warm', []);

        return $app;
    }

    /** Take back the handlers of booting, which Laravel before 11 leaves in place. */
    protected function tearDown(): void
    {
        parent::tearDown();

        for (; $this->boots > 0 && ! method_exists(HandleExceptions::class, 'flushState'); $this->boots--) {
            restore_error_handler();
            restore_exception_handler();
        }
    }

    /**
     * Serve requests one after the other with one worker.
     *
     * @param  array<string, Closure>  $routes  What answers, by path, through the `web` middleware.
     * @param  string|Request  ...$requests  A path stands for a GET request of it, without cookies.
     */
    protected function serve(array $routes, string|Request ...$requests): FakeWorkerClient
    {
        foreach ($routes as $path => $action) {
            $this->app->make('router')->middleware('web')->any($path, $action);
        }

        $requests = array_map(
            fn (string|Request $request): Request => is_string($request) ? Request::create($request) : $request,
            $requests,
        );
        $client = new FakeWorkerClient(array_values($requests));

        (new ApplicationFactory($this->app->basePath()))->warm($this->app);
        (new Worker($this->app, new FakeBridge(count($requests)), $client))->run();

        return $client;
    }

    /**
     * Serve requests as `serve()` does, and give what was answered.
     *
     * @param  array<string, Closure>  $routes
     * @return list<string>
     */
    protected function bodies(array $routes, string|Request ...$requests): array
    {
        return array_map(
            fn ($response): string => (string) $response->getContent(),
            $this->serve($routes, ...$requests)->responses,
        );
    }
}
