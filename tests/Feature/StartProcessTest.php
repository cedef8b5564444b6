<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Process\StartingEnvironment;
use Askr\Laravel\Tests\TestCase as BootedTestCase;
use PHPUnit\Framework\TestCase;
use Symfony\Component\Process\Process;

/**
 * Runs the commands as a person would, with a script in the server's place.
 */
class StartProcessTest extends TestCase
{
    private string $folder;

    private string $url = 'http://127.0.0.1:40123';

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = sys_get_temp_dir().'/askr-start-'.bin2hex(random_bytes(6));
        mkdir($this->folder);
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("{$this->folder}/*") ?: []);
        rmdir($this->folder);

        parent::tearDown();
    }

    public function test_a_termination_drains_the_server_and_its_exit_code_is_passed_on(): void
    {
        $start = $this->artisan('askr:start', '--port=0');
        $start->start();
        $start->waitUntil(fn (string $type, string $text): bool => str_contains($text, 'serving http://'));

        $this->assertSame(0, $this->artisan('askr:status')->run());

        $start->signal(15);

        $this->assertSame(0, $start->wait());
        $this->assertStringContainsString('fake: draining', $start->getOutput());
        $this->assertFileDoesNotExist("{$this->folder}/state.json");
        $this->assertSame(1, $this->artisan('askr:status')->run());
    }

    public function test_stop_ends_a_server_that_was_started_elsewhere(): void
    {
        $start = $this->artisan('askr:start', '--port=0');
        $start->start();
        $start->waitUntil(fn (string $type, string $text): bool => str_contains($text, 'serving http://'));

        $this->assertSame(0, $this->artisan('askr:stop')->run());
        $this->assertSame(0, $start->wait());
        $this->assertFileDoesNotExist("{$this->folder}/state.json");
    }

    public function test_a_server_that_listens_on_a_unix_socket_alone_is_found_and_stopped(): void
    {
        $this->url = 'unix:/run/shop.sock';
        $start = $this->artisan('askr:start');
        $start->start();
        $start->waitUntil(fn (string $type, string $text): bool => str_contains($text, 'running on [unix:/run/shop.sock]'));

        $status = $this->artisan('askr:status');
        $this->assertSame(0, $status->run());
        $this->assertStringContainsString('unix:/run/shop.sock', $status->getOutput());

        $this->assertSame(0, $this->artisan('askr:stop')->run());
        $this->assertSame(0, $start->wait());
    }

    public function test_the_server_inherits_nothing_that_only_the_env_file_says(): void
    {
        file_put_contents("{$this->folder}/exit-code", '70');

        $start = $this->artisan('askr:start');

        $this->assertSame(70, $start->run());
        $this->assertStringContainsString('askr: it does not work', $start->getOutput());

        $environment = (string) file_get_contents("{$this->folder}/environment");
        $this->assertStringContainsString('ASKR_APP_BASE='.BootedTestCase::application(), $environment);
        $this->assertStringNotContainsString('APP_NAME=', $environment);
    }

    private function artisan(string ...$arguments): Process
    {
        return new Process([PHP_BINARY, 'artisan', ...$arguments], BootedTestCase::application(), [
            // Neither what phpunit.xml sets nor what other tests have read from .env.
            ...(new StartingEnvironment)->additions(),
            'ASKR_BINARY' => dirname(__DIR__).'/fixtures/laravel/askr',
            'ASKR_STATE_FILE' => "{$this->folder}/state.json",
            'FAKE_ASKR_FOLDER' => $this->folder,
            'FAKE_ASKR_URL' => $this->url,
        ], timeout: 30);
    }
}
