<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Process\ApplicationPath;
use Askr\Laravel\Tests\TestCase;
use Illuminate\Foundation\Application;

class ApplicationPathTest extends TestCase
{
    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = (string) realpath(sys_get_temp_dir()).'/askr-path-'.bin2hex(random_bytes(6));
        mkdir("{$this->folder}/releases/1/public", recursive: true);
        mkdir("{$this->folder}/releases/2");
        symlink('releases/1', "{$this->folder}/current");
    }

    protected function tearDown(): void
    {
        $this->app->make('files')->deleteDirectory($this->folder);

        parent::tearDown();
    }

    public function test_the_link_that_leads_to_the_application_is_its_name(): void
    {
        foreach (['', '/', '/.', '//./'] as $end) {
            $path = $this->path('', "{$this->folder}/current{$end}", "{$this->folder}/releases/1");

            $this->assertSame("{$this->folder}/current", $path->base());
            $this->assertSame("{$this->folder}/current/public", $path->root());
        }
    }

    public function test_folders_that_are_others_and_those_that_are_no_names_do_not_count(): void
    {
        $names = ["{$this->folder}/releases/2", "{$this->folder}/nowhere", '.', 'current', "{$this->folder}/current/../1"];

        $this->assertSame("{$this->folder}/releases/1", $this->path(...$names)->base());
    }

    public function test_a_public_folder_elsewhere_is_left_as_it_is(): void
    {
        $app = new Application("{$this->folder}/releases/1");
        $app->usePublicPath('/srv/public');

        $this->assertSame('/srv/public', (new ApplicationPath($app, ["{$this->folder}/current"]))->root());
    }

    public function test_the_worker_script_is_the_one_that_the_application_has_installed(): void
    {
        $own = dirname(__DIR__, 2).'/laravel/worker.php';
        $this->assertSame($own, $this->path("{$this->folder}/current")->workerScript());

        mkdir("{$this->folder}/releases/1/vendor/askr", recursive: true);
        symlink(dirname(__DIR__, 2), "{$this->folder}/releases/1/vendor/askr/askr-laravel");

        $this->assertSame(
            "{$this->folder}/current/vendor/askr/askr-laravel/laravel/worker.php",
            $this->path("{$this->folder}/current")->workerScript(),
        );
    }

    private function path(string ...$names): ApplicationPath
    {
        return new ApplicationPath(new Application("{$this->folder}/releases/1"), array_values($names));
    }
}
