<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase as BootedTestCase;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Process\Process;

/**
 * Runs `laravel/worker.php` itself, where the server is not.
 */
class WorkerScriptTest extends TestCase
{
    public function test_it_says_that_nobody_named_the_application(): void
    {
        $this->assertStringContainsString('ASKR_APP_BASE is not set', $this->outputWith([]));
    }

    public function test_it_says_that_the_packages_are_not_installed(): void
    {
        $this->assertStringContainsString(
            'There is no /nowhere/vendor/autoload.php: run `composer install` in /nowhere',
            $this->outputWith(['ASKR_APP_BASE' => '/nowhere']),
        );
    }

    public function test_it_takes_the_name_that_octane_gives_the_folder(): void
    {
        $this->assertStringContainsString('There is no /elsewhere/vendor', $this->outputWith(['APP_BASE_PATH' => '/elsewhere']));
    }

    public function test_it_boots_and_then_misses_the_server(): void
    {
        $this->assertStringContainsString(
            'askr_cow_ready() does not exist: this process is not a worker of Askr',
            $this->outputWith([
                'ASKR_APP_BASE' => BootedTestCase::application(),
                'COMPOSER_VENDOR_DIR' => getenv('COMPOSER_VENDOR_DIR'),
            ]),
        );
    }

    /** @param  array<string, string|false>  $environment */
    private function outputWith(array $environment): string
    {
        $process = new Process(
            [PHP_BINARY, '-d', 'display_errors=1', dirname(__DIR__, 2).'/laravel/worker.php'],
            '/',
            $environment + ['ASKR_APP_BASE' => false, 'APP_BASE_PATH' => false, 'COMPOSER_VENDOR_DIR' => false, 'LOG_CHANNEL' => 'null'],
            timeout: 30,
        );

        $this->assertNotSame(0, $process->run());

        return $process->getOutput().$process->getErrorOutput();
    }
}
