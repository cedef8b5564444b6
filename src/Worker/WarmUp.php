<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Contracts\WorkerClient;
use Askr\Laravel\Events\RequestHandled;
use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Events\RequestTerminated;
use Askr\Laravel\Exceptions\WarmRequestFailed;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Session\NullSessionHandler;
use Illuminate\Session\Store;
use Throwable;

/**
 * Requests pages of the application before anybody else does.
 *
 * A page runs as one of a visitor does, and its state is renewed in the same way,
 * so that only what outlives every request is left: what was loaded and compiled.
 * Its session is stored nowhere.
 */
class WarmUp
{
    private ?string $visited = null;

    public function __construct(
        private Application $app,
        private Kernel $kernel,
        private Notifier $notifier,
        private WorkerClient $client,
    ) {
        register_shutdown_function(function (): void {
            // Nothing else would say which page has ended the worker script.
            $this->visited === null ?: $this->client->log(WarmRequestFailed::ended($this->visited));
        });
    }

    /** Request a page by its path, its address or the name of its route; what fails is logged. */
    public function visit(string $target): void
    {
        $level = ob_get_level();
        ob_start();
        $this->visited = $target;

        try {
            $this->serve($target);
        } catch (Throwable $exception) {
            $this->client->log(WarmRequestFailed::of($target, $exception));
        } finally {
            $this->visited = null;

            while (ob_get_level() > $level && @ob_end_clean()) {
                // What it has printed or left open is for nobody.
            }

            headers_sent() ?: header_remove();
        }
    }

    /**
     * @throws Throwable
     */
    private function serve(string $target): void
    {
        $request = Request::create($this->address($target));
        $this->notifier->notify(new RequestReceived($this->app, $request));
        $this->storeNoSession();

        $response = $this->kernel->handle($request);
        $this->notifier->notify(new RequestHandled($this->app, $request, $response));
        $this->kernel->terminate($request, $response);
        $this->notifier->notify(new RequestTerminated($this->app, $request, $response));

        if ($response->isClientError() || $response->isServerError()) {
            throw WarmRequestFailed::answered($target, $response->getStatusCode());
        }
    }

    /** What the browser of a visitor would be given. */
    private function address(string $target): string
    {
        return match (true) {
            str_contains($target, '://') => $target,
            str_starts_with($target, '/') => rtrim((string) $this->app->make('config')->get('app.url'), '/').$target,
            default => $this->app->make('url')->route($target),
        };
    }

    /** The next request is given the handler of the application again. */
    private function storeNoSession(): void
    {
        foreach ($this->app->resolved('session') ? $this->app->make('session')->getDrivers() : [] as $store) {
            if ($store instanceof Store) {
                $store->setHandler(new NullSessionHandler);
            }
        }
    }
}
