<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Paranoid;

use Askr\Laravel\Paranoid\Inspector;
use Askr\Laravel\Paranoid\Settings;
use Askr\Laravel\Paranoid\Territory;
use Askr\Laravel\Testing\Fakes\FakeBridge;
use Askr\Laravel\Testing\Fakes\FakeWorkerClient;
use Askr\Laravel\Tests\TestCase;
use Askr\Laravel\Worker\ApplicationFactory;
use Askr\Laravel\Worker\Worker;
use Closure;
use Illuminate\Http\Request;

/**
 * Serves requests with a worker that is watched, and with classes of the test's own.
 */
abstract class WatchedTestCase extends TestCase
{
    /** @var list<string> What the watch has logged, without the baseline and the summary. */
    protected array $reports = [];

    protected ?string $summary = null;

    protected ?string $baseline = null;

    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = sys_get_temp_dir().'/askr-paranoid-'.bin2hex(random_bytes(6));
        mkdir($this->folder);
    }

    protected function tearDown(): void
    {
        array_map(unlink(...), glob("{$this->folder}/*") ?: []);
        rmdir($this->folder);

        parent::tearDown();
    }

    /**
     * Write a class of the watched application, which is loaded when it is first used.
     *
     * @return class-string
     */
    protected function define(string $body, string $extends = ''): string
    {
        $class = 'Watched'.bin2hex(random_bytes(4));
        $file = "{$this->folder}/{$class}.php";
        file_put_contents($file, "<?php class {$class} {$extends} { {$body} }");
        spl_autoload_register(function (string $wanted) use ($class, $file): void {
            if ($wanted === $class) {
                require $file;
            }
        });

        return $class;
    }

    /**
     * Write such a class and load it.
     *
     * @return class-string
     */
    protected function load(string $body, string $extends = ''): string
    {
        $class = $this->define($body, $extends);
        class_exists($class);

        return $class;
    }

    /** A file in the folder of the watched application. */
    protected function file(string $name, string $text): string
    {
        file_put_contents("{$this->folder}/{$name}", $text);

        return "{$this->folder}/{$name}";
    }

    /**
     * Two requests before the baseline, and one at whose beginning it is set.
     *
     * @return list<string>
     */
    protected function calm(): array
    {
        return ['/calm', '/calm', '/calm'];
    }

    /**
     * Serve requests one after the other, and give what the watch has to say.
     *
     * @param  array<string, Closure>  $routes
     * @param  list<string>  $paths
     * @return list<string>
     */
    protected function watch(array $routes, array $paths, Settings $settings = new Settings): array
    {
        foreach ($routes + ['calm' => fn (): string => 'calm'] as $path => $action) {
            $this->app->make('router')->middleware('web')->get($path, $action);
        }

        $requests = array_map(Request::create(...), $paths);
        $territory = new Territory(realpath($this->folder).'/');
        $inspector = new Inspector($this->app, $settings, $this->hear(...), $territory);

        (new ApplicationFactory($this->app->basePath()))->warm($this->app);
        (new Worker($this->app, new FakeBridge(count($requests)), new FakeWorkerClient($requests), $inspector))->run();

        return $this->reports;
    }

    private function hear(string $entry): void
    {
        match (true) {
            str_contains($entry, '] baseline set') => $this->baseline = $entry,
            str_contains($entry, '] summary: ') => $this->summary = $entry,
            default => $this->reports[] = $entry,
        };
    }
}
