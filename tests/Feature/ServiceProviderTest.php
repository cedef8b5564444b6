<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\AskrServiceProvider;
use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Listeners\FlushSessionState;
use Askr\Laravel\Native\NativeBridge;
use Askr\Laravel\Process\BinaryLocator;
use Askr\Laravel\Tests\TestCase;
use Illuminate\Contracts\Console\Kernel;
use Illuminate\Foundation\DevCommands;
use Illuminate\Support\ServiceProvider;
use PHPUnit\Framework\Attributes\Group;

class ServiceProviderTest extends TestCase
{
    public function test_the_configuration_is_there_without_being_published(): void
    {
        $config = $this->app->make('config');

        $this->assertEquals(8000, $config->get('askr.port'));
        $this->assertContains(FlushSessionState::class, array_merge(...array_values($config->get('askr.listeners'))));
        $this->assertNull($config->get('askr.server.queue_limit'));
    }

    public function test_the_configuration_can_be_cached(): void
    {
        $config = $this->app->make('config')->get('askr');

        $this->assertSame($config, eval('return '.var_export($config, true).';'));
    }

    public function test_every_option_of_the_server_is_in_the_configuration(): void
    {
        preg_match_all('/^## (\w+)$/m', (string) file_get_contents(dirname(__DIR__, 2).'/docs/config.md'), $options);
        $given = ['app_base', 'root', 'worker_script'];

        $this->assertGreaterThan(30, count($options[1]));
        $configured = array_keys((require dirname(__DIR__, 2).'/config/askr.php')['server']);
        $this->assertSame([], array_diff($options[1], $given, $configured));
        $this->assertSame([], array_diff($configured, $options[1]));
    }

    public function test_the_bridge_is_the_native_one(): void
    {
        $this->assertInstanceOf(NativeBridge::class, $this->app->make(Bridge::class));
        $this->assertSame($this->app->make(Bridge::class), $this->app->make(Bridge::class));
    }

    public function test_the_commands_are_there(): void
    {
        $commands = array_keys($this->app->make(Kernel::class)->all());

        $this->assertSame([], array_diff(['askr:start', 'askr:stop', 'askr:status', 'askr:reload', 'askr:rollback', 'askr:paranoid'], $commands));
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_php_artisan_reload_reaches_the_server(): void
    {
        $this->assertSame('askr:reload', ServiceProvider::$reloadCommands['askr']);
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_php_artisan_dev_serves_with_askr_where_there_is_a_server(): void
    {
        $server = fn (): string => array_column(DevCommands::commands(), 'command', 'name')['server'];
        $this->app->make('config')->set('askr.binary', '/nowhere/askr');
        DevCommands::registerDefaults();
        (new AskrServiceProvider($this->app))->boot();

        $this->assertSame('php artisan serve', $server());

        $this->app->make('config')->set('askr.binary', dirname(__DIR__).'/fixtures/laravel/askr');
        (new AskrServiceProvider($this->app))->boot();

        $this->assertSame('php artisan askr:start --watch', $server());
    }

    public function test_the_configuration_can_be_published(): void
    {
        $paths = ServiceProvider::pathsToPublish(AskrServiceProvider::class, 'askr-config');

        $this->assertSame([$this->app->configPath('askr.php')], array_values($paths));
        $this->assertFileExists(array_key_first($paths));
    }

    public function test_the_binary_is_looked_for_in_the_applications_and_the_packages_folder(): void
    {
        $this->app->make('config')->set('askr.binary', null);
        $before = getenv('PATH');
        putenv('PATH=/nowhere');

        try {
            $this->app->make(BinaryLocator::class)->locate();
            $message = '';
        } catch (\RuntimeException $exception) {
            $message = $exception->getMessage();
        } finally {
            putenv("PATH={$before}");
        }

        $this->assertStringContainsString($this->app->basePath('vendor/bin/askr'), $message);
        $this->assertStringContainsString(dirname(__DIR__, 2).'/bin/askr', $message);
        $this->assertStringContainsString('/nowhere/askr', $message);
    }

    public function test_every_listener_of_the_package_is_configured(): void
    {
        $files = array_map(
            fn (string $file): string => 'Askr\\Laravel\\Listeners\\'.basename($file, '.php'),
            glob(dirname(__DIR__, 2).'/src/Listeners/*.php') ?: [],
        );
        $configured = array_merge(...array_values($this->app->make('config')->get('askr.listeners')));

        sort($configured);
        $this->assertSame($files, $configured);
    }
}
