<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Exceptions\StateFileNotWritable;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Askr\Laravel\Testing\Fakes\FakeProcessTable;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

class ServerStateFileTest extends TestCase
{
    private string $path;

    protected function setUp(): void
    {
        parent::setUp();

        $this->path = sys_get_temp_dir().'/askr-state-'.bin2hex(random_bytes(6)).'.json';
    }

    protected function tearDown(): void
    {
        @unlink($this->path);

        parent::tearDown();
    }

    public function test_a_server_that_runs_is_found_again(): void
    {
        $state = new ServerState(12, '900', 1_700_000_000, '/srv/app/current', ['https://[::1]:8443', 'unix:/run/shop.sock']);

        $this->file()->write($state);

        $this->assertEquals($state, $this->file([12 => '900'])->running());
        $this->assertSame(
            ['masterProcessId' => 12, 'masterStartTime' => '900', 'startedAt' => 1_700_000_000, 'base' => '/srv/app/current', 'urls' => ['https://[::1]:8443', 'unix:/run/shop.sock']],
            json_decode((string) file_get_contents($this->path), true),
        );
        $this->assertSame([$this->path], glob("{$this->path}*"));
    }

    public function test_a_server_that_is_gone_does_not_run(): void
    {
        $this->file()->write(new ServerState(12, '900', 0));

        $this->assertNull($this->file()->running());
    }

    public function test_another_process_with_the_same_number_is_not_the_server(): void
    {
        $this->file()->write(new ServerState(12, '900', 0));

        $this->assertNull($this->file([12 => '901'])->running());
    }

    #[DataProvider('nonsense')]
    public function test_a_file_that_says_nothing_sensible_is_no_server(string $content): void
    {
        file_put_contents($this->path, $content);

        $this->assertNull($this->file([1 => '1', 12 => '900'])->running());
    }

    /** @return list<array{string}> */
    public static function nonsense(): array
    {
        return [[''], ['{'], ['null'], ['[]'], ['7'], ['{"masterProcessId":"12"}'], ['{"masterProcessId":-1}'], ['{"masterProcessId":12}']];
    }

    public function test_no_file_is_no_server(): void
    {
        $this->assertNull($this->file()->running());
    }

    public function test_a_server_forgets_itself_and_no_other(): void
    {
        $mine = new ServerState(12, '900', 0);
        $other = new ServerState(13, '950', 0);

        $this->file()->write($other);
        $this->file()->forget($mine);
        $this->assertFileExists($this->path);

        $this->file()->forget($other);
        $this->assertFileDoesNotExist($this->path);
    }

    public function test_a_place_that_cannot_be_written_is_named(): void
    {
        $this->expectException(StateFileNotWritable::class);
        $this->expectExceptionMessage('/nowhere/at/all.json cannot be written');

        (new ServerStateFile('/nowhere/at/all.json', new FakeProcessTable))
            ->write(new ServerState(12, '900', 0));
    }

    /** @param  array<int, string>  $startTimes */
    private function file(array $startTimes = []): ServerStateFile
    {
        return new ServerStateFile($this->path, new FakeProcessTable($startTimes));
    }
}
