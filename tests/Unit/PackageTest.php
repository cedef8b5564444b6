<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit;

use PHPUnit\Framework\TestCase;
use Symfony\Component\Process\Process;

class PackageTest extends TestCase
{
    private const NEEDED = ['CHANGELOG.md', 'LICENSE', 'README.md', 'composer.json', 'config', 'laravel', 'src', 'stubs'];

    public function test_the_package_holds_what_an_application_needs_and_nothing_else(): void
    {
        $tracked = $this->git('ls-tree', '--name-only', 'HEAD');
        $attributes = $this->git('check-attr', 'export-ignore', '--', ...$tracked);
        $kept = preg_replace('/: export-ignore: unspecified$/', '', preg_grep('/: unspecified$/', $attributes) ?: []);

        $this->assertSame([], array_values(array_diff($kept, self::NEEDED)));
        $this->assertContains('src', $kept);
        $this->assertSame(['laravel/demo: export-ignore: set'], $this->git('check-attr', 'export-ignore', '--', 'laravel/demo'));
    }

    public function test_the_floor_of_the_package_is_not_raised_by_its_code(): void
    {
        $package = json_decode((string) file_get_contents(dirname(__DIR__, 2).'/composer.json'), true);

        $this->assertSame('^8.2', $package['require']['php']);

        foreach (array_filter(array_keys($package['require']), fn ($name): bool => str_starts_with($name, 'illuminate/')) as $name) {
            $this->assertSame('^10.48|^11.0|^12.0|^13.0', $package['require'][$name]);
        }
    }

    /** @return list<string> */
    private function git(string ...$arguments): array
    {
        $process = new Process(['git', ...$arguments], dirname(__DIR__, 2));

        return explode("\n", trim($process->mustRun()->getOutput()));
    }
}
