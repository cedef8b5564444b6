<?php

declare(strict_types=1);

namespace Askr\Laravel\Socket;

/**
 * A value with its type, as the commands of the driver have it: a string, an integer or a float.
 */
final class TypedValue
{
    /**
     * Its type and its text.
     *
     * @return array{string, string}
     */
    public static function encode(string|int|float $value): array
    {
        return match (true) {
            is_string($value) => ['s', $value],
            is_int($value) => ['i', (string) $value],
            is_nan($value) => ['f', 'NaN'],
            is_infinite($value) => ['f', $value > 0 ? 'inf' : '-inf'],
            // Not as `precision` or the locale would have it: what is read back is the same number.
            default => ['f', str_replace(',', '.', sprintf('%.17e', $value))],
        };
    }

    /**
     * The value of a reply, or null when there is none.
     *
     * @param  array{string, string}|null  $reply
     */
    public static function decode(?array $reply): string|int|float|null
    {
        return match ($reply[0] ?? null) {
            null => null,
            'i' => (int) $reply[1],
            'f' => match ($reply[1]) {
                'NaN' => NAN,
                'inf' => INF,
                '-inf' => -INF,
                default => (float) $reply[1],
            },
            default => $reply[1],
        };
    }
}
