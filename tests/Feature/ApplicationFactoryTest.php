<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Exceptions\ApplicationNotFound;
use Askr\Laravel\Tests\TestCase as BootedTestCase;
use Askr\Laravel\Worker\ApplicationFactory;
use Illuminate\Foundation\Http\Middleware\TrimStrings;
use PHPUnit\Framework\TestCase;

class ApplicationFactoryTest extends TestCase
{
    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = sys_get_temp_dir().'/askr-factory-'.bin2hex(random_bytes(6));
        mkdir("{$this->folder}/bootstrap", recursive: true);
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("{$this->folder}/bootstrap/*") ?: []);
        rmdir("{$this->folder}/bootstrap");
        rmdir($this->folder);

        parent::tearDown();
    }

    public function test_the_application_is_booted_and_warm(): void
    {
        $app = (new ApplicationFactory(BootedTestCase::application()))->create();

        try {
            $this->assertTrue($app->isBooted());
            $this->assertTrue($app->resolved('session.store'));
            $this->assertSame('http://askr.test', $app->make('url')->to('/'));
            $this->assertTrue($app->isShared(TrimStrings::class));
            $this->assertTrue($app->resolved(TrimStrings::class));
        } finally {
            restore_error_handler();
            restore_exception_handler();
        }
    }

    public function test_a_folder_without_an_application_is_named(): void
    {
        $this->expectException(ApplicationNotFound::class);
        $this->expectExceptionMessage("There is no {$this->folder}/bootstrap/app.php");

        (new ApplicationFactory($this->folder))->create();
    }

    public function test_a_bootstrap_file_that_gives_no_application_is_named(): void
    {
        file_put_contents("{$this->folder}/bootstrap/app.php", '<?php $app = 1;');

        $this->expectException(ApplicationNotFound::class);
        $this->expectExceptionMessage("{$this->folder}/bootstrap/app.php returns int instead of the application");

        (new ApplicationFactory($this->folder))->create();
    }
}
