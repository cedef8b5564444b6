<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Exceptions\ApplicationNotFound;
use Askr\Laravel\Octane\Installation;
use Illuminate\Contracts\Foundation\Application as ApplicationContract;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Bootstrap\BootProviders;
use Illuminate\Foundation\Bootstrap\RegisterProviders;
use Illuminate\Foundation\Bootstrap\SetRequestForConsole;
use Laravel\SerializableClosure\Support\ClosureStream;

/**
 * Boots the application once, for all the requests to come.
 */
class ApplicationFactory
{
    public function __construct(private string $basePath)
    {
    }

    /**
     * Create the application, boot it, and resolve what every request needs.
     *
     * @throws ApplicationNotFound
     */
    public function create(): Application
    {
        $app = $this->load($this->basePath.'/bootstrap/app.php');

        // Providers may ask for the request while they boot, and there is none yet:
        // they get the one console commands get, made from `app.url`.
        $app->beforeBootstrapping(RegisterProviders::class, function (Application $app): void {
            (new SetRequestForConsole)->bootstrap($app);
        });

        if (Installation::isPresent()) {
            Installation::flag();
            $app->beforeBootstrapping(BootProviders::class, Installation::configure(...));
        }

        $app->make(Kernel::class)->bootstrap();
        $this->registerClosureStream();
        $this->warm($app);

        return $app;
    }

    /**
     * @throws ApplicationNotFound
     */
    private function load(string $path): Application
    {
        if (! is_file($path)) {
            throw ApplicationNotFound::withoutBootstrapFile($path);
        }

        $app = require $path;

        return $app instanceof Application
            ? $app
            : throw ApplicationNotFound::whenBootstrapFileReturns($path, $app);
    }

    /**
     * Have the stream wrapper that closures are unserialized through from the start.
     *
     * A wrapper that a request registers is gone with it, but this one's class
     * remembers that it registered it, and never would again.
     */
    private function registerClosureStream(): void
    {
        if (class_exists(ClosureStream::class)) {
            ClosureStream::register();
        }
    }

    /**
     * Resolve the services that would otherwise be built anew for every request.
     *
     * A class that nobody has bound is bound as a singleton: to have it here says
     * that one instance of it serves all requests.
     */
    public function warm(ApplicationContract $app): void
    {
        $config = $app->make('config');
        $octane = Installation::isPresent() ? $config->get('octane.warm', []) : [];

        foreach ([...$config->get('askr.services', []), ...$octane] as $service) {
            if (! $app->bound($service) && class_exists($service)) {
                $app->singleton($service);
            }

            if ($app->bound($service)) {
                $app->make($service);
            }
        }
    }
}
