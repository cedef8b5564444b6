<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Composer\InstalledVersions;
use Illuminate\Contracts\Foundation\Application;
use ReflectionClass;

/**
 * Knows whose code is watched: the application's, and that of packages which were asked for.
 */
final class Territory
{
    /** @var array<class-string, bool> */
    private array $classes = [];

    /** @var array<class-string, bool> */
    private array $ownClasses = [];

    /**
     * @param  string  $base  The application's folder, with a slash at the end as all of them have.
     * @param  list<string>  $excluded  Folders in it that are others'.
     * @param  list<string>  $packages  Folders that are watched all the same.
     */
    public function __construct(private string $base, private array $excluded = [], private array $packages = [])
    {
    }

    /**
     * The application's own code, and that of some packages.
     *
     * @param  list<string>  $vendor  Names of packages, with wildcards.
     */
    public static function of(Application $app, array $vendor): self
    {
        $base = $app->basePath();

        return new self(
            self::folder($base),
            array_map(self::folder(...), [
                getenv('COMPOSER_VENDOR_DIR') ?: "{$base}/vendor",
                "{$base}/vendor",
                $app->storagePath(),
            ]),
            self::packages($vendor),
        );
    }

    /** Whether code in this file is watched. */
    public function hasFile(string|false $file): bool
    {
        return $file !== false && $this->depthOf($file, [$this->base, ...$this->packages]) > $this->depthOf($file, $this->excluded);
    }

    /**
     * Whether a class is watched.
     *
     * @param  class-string  $class
     */
    public function hasClass(string $class): bool
    {
        return $this->classes[$class] ??= $this->hasFile((new ReflectionClass($class))->getFileName());
    }

    /**
     * Whether a class is the application's own.
     *
     * @param  class-string  $class
     */
    public function ownsClass(string $class): bool
    {
        return $this->ownClasses[$class] ??= $this->ownsFile((new ReflectionClass($class))->getFileName());
    }

    private function ownsFile(string|false $file): bool
    {
        return $file !== false && $this->depthOf($file, [$this->base]) > $this->depthOf($file, $this->excluded);
    }

    /**
     * How long the innermost of the folders is that holds the file.
     *
     * @param  list<string>  $folders
     */
    private function depthOf(string $file, array $folders): int
    {
        $depth = 0;

        foreach ($folders as $folder) {
            $depth = str_starts_with($file, $folder) ? max($depth, strlen($folder)) : $depth;
        }

        return $depth;
    }

    /**
     * @param  list<string>  $patterns
     * @return list<string>
     */
    private static function packages(array $patterns): array
    {
        $folders = [];

        foreach ($patterns === [] ? [] : InstalledVersions::getInstalledPackages() as $package) {
            $isWanted = array_filter($patterns, fn (string $pattern): bool => fnmatch($pattern, $package)) !== [];
            $path = $isWanted ? InstalledVersions::getInstallPath($package) : null;

            if ($path !== null) {
                $folders[] = self::folder($path);
            }
        }

        return $folders;
    }

    private static function folder(string $path): string
    {
        return rtrim(realpath($path) ?: $path, '/').'/';
    }
}
