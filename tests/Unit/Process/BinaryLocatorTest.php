<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\UnsupportedMachine;
use Askr\Laravel\Process\BinaryLocator;
use Askr\Laravel\Process\Machine;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

class BinaryLocatorTest extends TestCase
{
    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = sys_get_temp_dir().'/askr-locator-'.bin2hex(random_bytes(6));

        foreach (['named', 'vendor', 'package', 'path'] as $place) {
            mkdir("{$this->folder}/{$place}", recursive: true);
        }
    }

    protected function tearDown(): void
    {
        foreach (glob("{$this->folder}/*/*") ?: [] as $file) {
            unlink($file);
        }

        array_map(rmdir(...), glob("{$this->folder}/*") ?: []);
        rmdir($this->folder);

        parent::tearDown();
    }

    public function test_the_places_are_looked_at_in_order(): void
    {
        $locator = $this->locator(['the key' => null, 'the variable' => '']);

        $this->program('path');
        $this->assertSame("{$this->folder}/path/askr", $locator->locate());

        $this->program('package');
        $this->assertSame("{$this->folder}/package/askr", $locator->locate());

        $this->program('vendor');
        $this->assertSame("{$this->folder}/vendor/askr", $locator->locate());
    }

    public function test_a_path_that_somebody_named_comes_first(): void
    {
        $this->program('vendor');
        $this->program('named');

        $this->assertSame(
            "{$this->folder}/named/askr",
            $this->locator(['the key' => null, 'the variable' => "{$this->folder}/named/askr"])->locate(),
        );
    }

    public function test_a_named_path_without_a_program_is_refused_even_when_there_is_one_elsewhere(): void
    {
        $this->program('vendor');

        $this->expectException(BinaryNotFound::class);
        $this->expectExceptionMessage("There is no executable file {$this->folder}/named/askr, which the key names");

        $this->locator(['the key' => "{$this->folder}/named/askr"])->locate();
    }

    public function test_a_file_that_cannot_be_run_does_not_count(): void
    {
        $this->program('vendor', 0600);
        $this->program('path');

        $this->assertSame("{$this->folder}/path/askr", $this->locator()->locate());
    }

    public function test_the_message_says_where_it_looked_and_what_to_do(): void
    {
        try {
            $this->locator()->locate();
            $this->fail('There is nothing to find.');
        } catch (BinaryNotFound $exception) {
            foreach (['vendor', 'package', 'path'] as $place) {
                $this->assertStringContainsString("{$this->folder}/{$place}/askr", $exception->getMessage());
            }

            $this->assertStringContainsString('set ASKR_BINARY', $exception->getMessage());
        }
    }

    #[DataProvider('machines')]
    public function test_another_system_is_told_so(string $system, string $architecture): void
    {
        $this->program('vendor');

        $this->expectException(UnsupportedMachine::class);
        $this->expectExceptionMessage("Linux on x86_64 and arm64; this is {$system} on {$architecture}");

        $this->locator(machine: new Machine($system, $architecture))->locate();
    }

    /** @return list<array{string, string}> */
    public static function machines(): array
    {
        return [['Darwin', 'arm64'], ['Windows NT', 'AMD64'], ['Linux', 'riscv64'], ['FreeBSD', 'amd64']];
    }

    public function test_arm64_has_a_binary_under_both_its_names(): void
    {
        $this->assertTrue((new Machine('Linux', 'aarch64'))->isSupported());
        $this->assertTrue((new Machine('Linux', 'arm64'))->isSupported());
        $this->assertSame(php_uname('m'), Machine::current()->architecture);
    }

    /** @param  array<string, ?string>  $named */
    private function locator(array $named = [], ?Machine $machine = null): BinaryLocator
    {
        return new BinaryLocator(
            $machine ?? new Machine('Linux', 'x86_64'),
            $named,
            ["{$this->folder}/vendor/askr", "{$this->folder}/package/askr"],
            "/nowhere::{$this->folder}/path/",
        );
    }

    private function program(string $place, int $mode = 0700): void
    {
        file_put_contents("{$this->folder}/{$place}/askr", "#!/bin/sh\n");
        chmod("{$this->folder}/{$place}/askr", $mode);
    }
}
