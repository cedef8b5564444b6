<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Illuminate\Foundation\Application;

/**
 * Where the application is, by the name that its users have for it.
 *
 * A deployment moves a link, `current`, from one release to the next. PHP knows the
 * folder of the release only; the server has to be told of the link, so that it can
 * follow it, and so that all releases of the application are one to it.
 */
class ApplicationPath
{
    private string $resolved;

    private string $base;

    /** @param  list<string>  $names  Folders that may be a name for the application's, best first. */
    public function __construct(private Application $app, array $names)
    {
        $this->resolved = realpath($app->basePath()) ?: $app->basePath();
        $this->base = $this->named($names) ?? $app->basePath();
    }

    /** As this process was called: by the path of artisan, else by the folder it was called in. */
    public static function ofThisProcess(Application $app): self
    {
        $folder = getenv('PWD') ?: (string) getcwd();
        $script = (string) ($_SERVER['argv'][0] ?? '');
        $script = str_starts_with($script, '/') ? $script : "{$folder}/{$script}";

        return new self($app, [(string) getenv('ASKR_APP_BASE'), dirname($script), $folder]);
    }

    /** The folder of the application. */
    public function base(): string
    {
        return $this->base;
    }

    /** The document root. */
    public function root(): string
    {
        return $this->below($this->app->publicPath());
    }

    /** The script that workers run, where the application has installed it. */
    public function workerScript(): string
    {
        $own = dirname(__DIR__, 2).'/laravel/worker.php';
        $installed = "{$this->base}/vendor/askr/askr-laravel/laravel/worker.php";

        return realpath($installed) === realpath($own) ? $installed : $own;
    }

    /** The same path by the application's name, if it lies in its folder. */
    private function below(string $path): string
    {
        foreach ([$this->app->basePath(), $this->resolved] as $folder) {
            if (str_starts_with("{$path}/", "{$folder}/")) {
                return $this->base.substr($path, strlen($folder));
            }
        }

        return $path;
    }

    /** @param  list<string>  $names */
    private function named(array $names): ?string
    {
        foreach ($names as $name) {
            $name = preg_replace('~(?<=.)(/+\.?)+$~', '', $name) ?? $name;

            if (str_starts_with($name, '/') && ! str_contains("{$name}/", '/../') && realpath($name) === $this->resolved) {
                return $name;
            }
        }

        return null;
    }
}
