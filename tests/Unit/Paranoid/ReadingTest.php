<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Reading;
use PHPUnit\Framework\TestCase;
use stdClass;

class ReadingTest extends TestCase
{
    public function test_values_are_named_without_what_is_in_them(): void
    {
        $texts = array_map(
            fn (mixed $value): string => Reading::of($value)->text,
            [null, true, 7, 1.5, 'secret', [1, 2], new stdClass],
        );

        $this->assertSame(['null', 'true', 'int 7', 'float 1.5', 'string:6', 'array:2', 'stdClass'], $texts);
    }

    public function test_an_anonymous_class_is_called_by_its_place(): void
    {
        $this->assertStringStartsWith('class@anonymous in ReadingTest.php:', Reading::of(new class {})->text);
    }

    public function test_the_same_content_has_the_same_print(): void
    {
        $object = new stdClass;
        $values = [
            null, false, true, 0, 1, 1.0, '1', '', str_repeat('a', 100), str_repeat('a', 99).'b', [], [[]], [1], ['1'], [1 => 1],
            ['a' => ['b' => ['c' => 1]]], ['a' => ['b' => ['c' => 2]]], $object, new stdClass, [$object], range(1, 300), range(2, 301),
        ];
        $prints = array_map(fn (mixed $value): string => Reading::of($value)->print, $values);

        $this->assertSame($prints, array_map(fn (mixed $value): string => Reading::of($value)->print, $values));
        $this->assertCount(count($values), array_unique($prints));
        $this->assertLessThanOrEqual(64, max(array_map(strlen(...), $prints)));
    }

    public function test_a_value_that_contains_itself_ends(): void
    {
        $loop = [1];
        $loop[] = &$loop;

        $this->assertSame('array:2', Reading::of($loop)->text);
    }
}
