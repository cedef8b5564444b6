<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Store;

use Askr\Laravel\Cache\ValueCodec;
use Askr\Laravel\Exceptions\ValueUnreadable;
use InvalidArgumentException;
use PHPUnit\Framework\TestCase;
use stdClass;

class ValueCodecTest extends TestCase
{
    /** What igbinary makes of `['a']`. */
    private const IGBINARY = "\0\0\0\2\x14\x01\x06\0\x11\x01a";

    public function test_all_but_numbers_is_serialised_as_it_was_told(): void
    {
        $codec = new ValueCodec(serializer: 'php');

        $this->assertSame([5, 0.5, 's:1:"5";', 'b:0;', 'N;'], array_map($codec->encode(...), [5, 0.5, '5', false, null]));
        $this->assertSame(serialize([1]), $codec->encode([1]));
        $this->assertSame(['a' => null], $codec->decode(serialize(['a' => null])));
    }

    public function test_a_number_that_somebody_else_has_written_as_text_is_read_as_that(): void
    {
        $this->assertSame('42', (new ValueCodec)->decode('42'));
        $this->assertSame('-1.5e3', (new ValueCodec)->decode('-1.5e3'));
    }

    public function test_igbinary_is_known_by_its_first_bytes(): void
    {
        if (extension_loaded('igbinary')) {
            $this->assertSame(['a'], (new ValueCodec)->decode(self::IGBINARY));
            $this->assertSame(self::IGBINARY, (new ValueCodec)->encode(['a']));
            $this->assertSame(['a'], (new ValueCodec(serializer: 'php'))->decode(self::IGBINARY));

            return;
        }

        $this->expectException(ValueUnreadable::class);
        $this->expectExceptionMessage('has not loaded');
        (new ValueCodec)->decode(self::IGBINARY);
    }

    public function test_igbinary_reads_nothing_where_classes_are_restricted(): void
    {
        foreach ([false, [stdClass::class]] as $classes) {
            $this->assertSame(serialize(['a']), (new ValueCodec($classes))->encode(['a']));

            try {
                (new ValueCodec($classes))->decode(self::IGBINARY);
                $this->fail('it could hold any class');
            } catch (ValueUnreadable $exception) {
                $this->assertStringContainsString(
                    extension_loaded('igbinary') ? 'serializable_classes' : 'has not loaded',
                    $exception->getMessage(),
                );
            }
        }
    }

    public function test_igbinary_is_not_promised_where_it_cannot_be(): void
    {
        foreach ([null, false] as $classes) {
            $isLoaded = extension_loaded('igbinary');

            try {
                $codec = new ValueCodec($classes, 'igbinary');
                $this->assertTrue($isLoaded && $classes === null);
                $this->assertSame(self::IGBINARY, $codec->encode(['a']));
            } catch (InvalidArgumentException $exception) {
                $reason = $classes === null ? 'has not loaded' : 'serializable_classes';
                $this->assertStringContainsString($reason, $exception->getMessage());
            }
        }
    }

    public function test_an_unknown_serializer_is_refused(): void
    {
        $this->expectException(InvalidArgumentException::class);
        $this->expectExceptionMessage('[msgpack]');

        new ValueCodec(serializer: 'msgpack');
    }
}
