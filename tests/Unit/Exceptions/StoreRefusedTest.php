<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Exceptions;

use Askr\Laravel\Exceptions\StoreRefused;
use Askr\StoreException;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

class StoreRefusedTest extends TestCase
{
    #[DataProvider('errors')]
    public function test_the_words_of_the_server_become_its_reason(string $error, int $code): void
    {
        $refused = StoreRefused::because($error);

        $this->assertSame($code, $refused->getCode());
        $this->assertStringEndsWith(substr($error, 5), $refused->getMessage());
        $this->assertInstanceOf(StoreException::class, $refused);
    }

    /** @return list<array{string, int}> */
    public static function errors(): array
    {
        return [
            ['OOM the store has no room left for sessions; give it a larger store_size', StoreRefused::FULL],
            ['BUSY the store was busy for too long; nothing was changed', StoreRefused::BUSY],
            ['ERR too much is sent and asked for by all clients together; try again', StoreRefused::BUSY],
            ['ERR value is not an integer or out of range', StoreRefused::NOT_A_NUMBER],
            ['ERR increment or decrement would overflow', StoreRefused::OVERFLOW],
            ['ERR increment would produce NaN or Infinity', StoreRefused::OVERFLOW],
            ['ERR the value has 9000000 bytes, more than the store takes (8388608)', StoreRefused::TOO_LARGE],
            ['ERR a key has 1 to 1024 bytes, this one has 0', StoreRefused::KEY],
            ["ERR the store's memory is damaged", StoreRefused::DAMAGED],
            ["ERR unknown command 'LPUSH', with args beginning with: ", StoreRefused::INTERNAL],
        ];
    }

    public function test_it_has_the_reasons_that_the_native_exception_has(): void
    {
        preg_match_all('/public const (\w+) = (\d+);/', (string) file_get_contents(dirname(__DIR__, 3).'/stubs/StoreException.stub.php'), $native);

        $this->assertSame(
            array_map(intval(...), array_combine($native[1], $native[2])),
            (new \ReflectionClass(\Askr\Laravel\Exceptions\StoreException::class))->getConstants(),
        );
    }
}
