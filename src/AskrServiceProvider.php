<?php

declare(strict_types=1);

namespace Askr\Laravel;

use Askr\Laravel\Console\AboutSection;
use Askr\Laravel\Console\ParanoidCommand;
use Askr\Laravel\Console\ReloadCommand;
use Askr\Laravel\Console\RollbackCommand;
use Askr\Laravel\Console\StartCommand;
use Askr\Laravel\Console\StatusCommand;
use Askr\Laravel\Console\StopCommand;
use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Contracts\ServerProcess as ServerProcessContract;
use Askr\Laravel\Listeners\RestoreEventListeners;
use Askr\Laravel\Logging\RequestName;
use Askr\Laravel\Native\NativeBridge;
use Askr\Laravel\Process\ApplicationPath;
use Askr\Laravel\Process\BinaryLocator;
use Askr\Laravel\Process\LinuxProcessTable;
use Askr\Laravel\Process\Machine;
use Askr\Laravel\Process\ServerProcess;
use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Foundation\Console\AboutCommand;
use Illuminate\Foundation\DevCommands;
use Illuminate\Support\ServiceProvider;
use RuntimeException;

/**
 * Makes Askr a part of the Laravel application.
 */
class AskrServiceProvider extends ServiceProvider
{
    /** Register what the package offers to the container. */
    public function register(): void
    {
        $this->mergeConfigFrom(dirname(__DIR__).'/config/askr.php', 'askr');

        $this->app->singleton(Bridge::class, NativeBridge::class);

        $this->app->register(StoreServiceProvider::class);

        // Booting a model registers listeners: who keeps the one keeps the other.
        $this->app->singleton(RestoreEventListeners::class);

        $this->registerProcess();
    }

    /** Register what only a console needs, and what names requests. */
    public function boot(): void
    {
        RequestName::register($this->app);

        if (! $this->app->runningInConsole()) {
            return;
        }

        $this->registerCommands();
        $this->registerPublishing();
        $this->registerDevelopment();
        $this->registerReload();

        AboutCommand::add('Askr', fn (): array => $this->app->make(AboutSection::class)->lines());
    }

    /** Register how the server is found, started and looked up. */
    protected function registerProcess(): void
    {
        $this->app->bind(ProcessTable::class, LinuxProcessTable::class);

        $this->app->bind(ServerProcessContract::class, ServerProcess::class);

        $this->app->bind(ApplicationPath::class, ApplicationPath::ofThisProcess(...));

        $this->app->bind(BinaryLocator::class, fn (Application $app): BinaryLocator => new BinaryLocator(
            Machine::current(),
            [
                'the `binary` key of config/askr.php' => $app->make('config')->get('askr.binary'),
                'the ASKR_BINARY environment variable' => getenv('ASKR_BINARY') ?: null,
            ],
            [
                $app->basePath('vendor/bin/askr'),
                dirname(__DIR__).'/bin/askr',
                // The PHP that runs this command may itself be Askr's.
                dirname(realpath(PHP_BINARY) ?: PHP_BINARY).'/askr',
            ],
            getenv('PATH') ?: '',
        ));

        $this->app->bind(ServerStateFile::class, fn (Application $app): ServerStateFile => new ServerStateFile(
            $app->make('config')->get('askr.state_file'),
            $app->make(ProcessTable::class),
        ));
    }

    /** Register the commands. */
    protected function registerCommands(): void
    {
        $this->commands([
            ParanoidCommand::class,
            ReloadCommand::class,
            RollbackCommand::class,
            StartCommand::class,
            StatusCommand::class,
            StopCommand::class,
        ]);
    }

    /** Let `php artisan dev` serve with Askr, where the framework has it and a server is there. */
    protected function registerDevelopment(): void
    {
        if (! class_exists(DevCommands::class)) {
            return;
        }

        try {
            $this->app->make(BinaryLocator::class)->locate();
        } catch (RuntimeException) {
            return;
        }

        DevCommands::artisan('askr:start --watch', 'server');
    }

    /** Let `php artisan reload` reach the server, where the framework has it. */
    protected function registerReload(): void
    {
        if (method_exists(ServiceProvider::class, 'reloads')) {
            $this->reloads('askr:reload', 'askr');
        }
    }

    /** Register what an application can have a copy of. */
    protected function registerPublishing(): void
    {
        $this->publishes([
            dirname(__DIR__).'/config/askr.php' => $this->app->configPath('askr.php'),
        ], ['askr', 'askr-config']);
    }
}
