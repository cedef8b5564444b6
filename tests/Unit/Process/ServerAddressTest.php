<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Exceptions\UnusableAddress;
use Askr\Laravel\Process\ServerAddress;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

class ServerAddressTest extends TestCase
{
    #[DataProvider('addresses')]
    public function test_it_is_written_as_the_server_wants_it(string $host, string $port, string $expected): void
    {
        $this->assertSame($expected, ServerAddress::of($host, $port)->toString());
    }

    /** @return list<array{string, string, string}> */
    public static function addresses(): array
    {
        return [
            ['127.0.0.1', '8000', '127.0.0.1:8000'],
            ['0.0.0.0', '0', '0.0.0.0:0'],
            ['::1', '80', '[::1]:80'],
            ['[::1]', '80', '[::1]:80'],
            ['localhost', '65535', '127.0.0.1:65535'],
        ];
    }

    #[DataProvider('wrongPorts')]
    public function test_a_port_that_is_none_is_named(string $port): void
    {
        $this->expectException(UnusableAddress::class);
        $this->expectExceptionMessage("The port [{$port}] is not a number from 0 to 65535");

        ServerAddress::of('127.0.0.1', $port);
    }

    /** @return list<array{string}> */
    public static function wrongPorts(): array
    {
        return [[''], ['-1'], ['65536'], ['http'], ['80 ']];
    }

    public function test_a_host_that_is_none_is_named(): void
    {
        $this->expectException(UnusableAddress::class);
        $this->expectExceptionMessage('The host [not a host] cannot be resolved');

        ServerAddress::of('not a host', '80');
    }
}
