<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Territory;
use Askr\Laravel\Tests\TestCase;
use Illuminate\Support\Str;
use PHPUnit\Framework\TestCase as UnitTestCase;

class TerritoryTest extends TestCase
{
    public function test_the_applications_files_are_watched_and_its_packages_are_not(): void
    {
        $territory = Territory::of($this->app, []);
        $base = realpath($this->app->basePath());

        $this->assertTrue($territory->hasFile("{$base}/app/Models/Tree.php"));
        $this->assertTrue($territory->hasFile("{$base}/routes/web.php"));
        $this->assertFalse($territory->hasFile("{$base}/vendor/laravel/framework/x.php"));
        $this->assertFalse($territory->hasFile("{$base}/storage/framework/views/x.php"));
        $this->assertFalse($territory->hasFile('/elsewhere/app/Models/Tree.php'));
        $this->assertFalse($territory->hasFile(false));
        $this->assertFalse($territory->hasClass(Str::class));
        $this->assertFalse($territory->hasClass(self::class));
    }

    public function test_a_package_is_watched_when_it_is_asked_for(): void
    {
        $territory = Territory::of($this->app, ['phpunit/*']);

        $this->assertTrue($territory->hasClass(UnitTestCase::class));
        $this->assertFalse($territory->hasClass(Str::class));
        $this->assertFalse($territory->ownsClass(UnitTestCase::class));
    }
}
