<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Contracts\WorkerClient;
use Askr\Laravel\Events\RequestHandled;
use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Events\RequestTerminated;
use Askr\Laravel\Events\TemplateForking;
use Askr\Laravel\Events\WorkerErrorOccurred;
use Askr\Laravel\Events\WorkerForked;
use Askr\Laravel\Events\WorkerStarting;
use Askr\Laravel\Events\WorkerStopping;
use Askr\Laravel\Forking\SharedConnections;
use Askr\Laravel\Octane\Installation;
use Askr\Laravel\Paranoid\Inspector;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/**
 * Serves requests with the booted application until the server wants the process back.
 */
class Worker
{
    private Kernel $kernel;

    private Sandbox $sandbox;

    private Notifier $notifier;

    private bool $isOctanePresent;

    public function __construct(
        private Application $app,
        private Bridge $bridge,
        private WorkerClient $client,
        private ?Inspector $inspector = null,
    ) {
        $this->kernel = $app->make(Kernel::class);
        $this->notifier = new Notifier($app);
        $this->isOctanePresent = Installation::isPresent();
    }

    /** Serve until the server says that this worker is to leave. */
    public function run(): void
    {
        $this->notifier->notify(new WorkerStarting($this->app));
        $this->keepState();
        $this->warmUp();

        // With copy-on-write this returns in each worker that was forked here.
        $this->bridge->cowReady($this->prepareFork(...), $this->resumeForked(...));

        $handler = $this->handle(...);

        while ($this->bridge->handleRequest($handler)) {
            // Everything happens in the handler.
        }

        $this->sandbox->renew();
        $this->notifier->notify(new WorkerStopping($this->app));
        $this->inspector?->conclude();
    }

    /** From here on: what the application has by now is what every request finds. */
    private function keepState(): void
    {
        $this->notifier->prepare(
            RequestReceived::class,
            RequestHandled::class,
            RequestTerminated::class,
            WorkerErrorOccurred::class,
            TemplateForking::class,
            WorkerForked::class,
            WorkerStopping::class,
        );
        $this->forget();
        $this->sandbox = new Sandbox($this->app);
    }

    /** Let the first visitor find what only a request makes: classes, views, routes, models. */
    private function warmUp(): void
    {
        $targets = $this->app->make('config')->get('askr.warm', []);
        $warmUp = $targets === [] ? null : new WarmUp($this->app, $this->kernel, $this->notifier, $this->client);

        foreach ($targets as $target) {
            $this->sandbox->renew();
            $warmUp->visit($target);
        }
    }

    /** Close what no two processes may share, ahead of a fork: here, or between two requests. */
    private function prepareFork(): void
    {
        // Connections of the last request end with what it made, cycles included.
        $this->sandbox->renew();
        gc_collect_cycles();

        $this->notifier->notify(new TemplateForking($this->app));
        (new SharedConnections)->report();
    }

    /** What is bound now belongs to this worker, and stays like what was bound while booting. */
    private function resumeForked(): void
    {
        if ($this->notifier->isHeard(WorkerForked::class)) {
            $this->notifier->notify(new WorkerForked($this->app));
            $this->sandbox = new Sandbox($this->app);
        }
    }

    /** Forget the services that each request is to have made for itself. */
    private function forget(): void
    {
        $config = $this->app->make('config');
        $octane = $this->isOctanePresent ? $config->get('octane.flush', []) : [];

        foreach ([...$config->get('askr.flush', []), ...$octane] as $service) {
            $this->app->forgetInstance($service);
        }
    }

    /**
     * Serve the request that is waiting.
     *
     * The state of the request before is renewed here, ahead of all code of the
     * application, because what ends a request early would skip it at the end.
     *
     * @throws Throwable When a response fails after the first part of it was sent,
     *                   so that the server cuts it instead of completing it.
     */
    protected function handle(): void
    {
        try {
            $this->serve();
        } catch (Throwable $exception) {
            $this->report($exception);

            if (! $this->client->fail($this->render($exception))) {
                throw $exception;
            }

            $this->client->log($exception);
        }
    }

    /**
     * @throws Throwable
     */
    private function serve(): void
    {
        $this->sandbox->renew();

        if ($this->isOctanePresent) {
            Installation::flag();
        }

        $request = $this->client->receive();
        $this->notifier->notify(new RequestReceived($this->app, $request));
        $this->inspector?->inspect($request);

        $response = $this->respond($request);
        $this->notifier->notify(new RequestHandled($this->app, $request, $response));

        $this->client->respond($response);
        $this->bridge->finishRequest();

        $this->terminate($request, $response);
    }

    private function respond(Request $request): Response
    {
        $answer = $this->isOctanePresent ? Installation::respond($this->app, $request) : null;

        return $answer ?? $this->kernel->handle($request);
    }

    /** Do what the application wants done once the client has its response. */
    private function terminate(Request $request, Response $response): void
    {
        try {
            $this->kernel->terminate($request, $response);
            $this->notifier->notify(new RequestTerminated($this->app, $request, $response));
        } catch (Throwable $exception) {
            $this->report($exception);
            $this->client->log($exception);
        }
    }

    /** Hand an exception to the application's own handler. */
    private function report(Throwable $exception): void
    {
        try {
            $this->app->make(ExceptionHandler::class)->report($exception);
            $this->notifier->notify(new WorkerErrorOccurred($this->app, $exception));
        } catch (Throwable $second) {
            $this->client->log($second);
        }
    }

    /** Have the application's own handler make the page that says so. */
    private function render(Throwable $exception): ?Response
    {
        try {
            return $this->app->make(ExceptionHandler::class)->render($this->app->make('request'), $exception);
        } catch (Throwable $second) {
            $this->client->log($second);

            return null;
        }
    }
}
