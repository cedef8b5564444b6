<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * Tells whether a value is the same as before, without keeping it.
 *
 * The work is bounded: of a large array the first elements and the last key count,
 * beside its length; an object counts by its class and identity.
 */
final class Fingerprint
{
    private const ELEMENTS_MAX = 200;

    private const DEPTH_MAX = 5;

    private const PLAIN_BYTES_MAX = 64;

    private int $elements = 0;

    /** The fingerprint of a value. */
    public static function of(mixed $value): string
    {
        $print = (new self)->print($value, 0);

        return strlen($print) > self::PLAIN_BYTES_MAX ? hash('xxh128', $print, true) : $print;
    }

    private function print(mixed $value, int $depth): string
    {
        return match (true) {
            is_string($value) => 's'.(strlen($value) > self::PLAIN_BYTES_MAX ? hash('xxh128', $value, true) : $value),
            is_array($value) => $this->printArray($value, $depth),
            is_object($value) => 'o'.$value::class.'#'.spl_object_id($value),
            is_resource($value) => 'r'.get_resource_id($value),
            default => get_debug_type($value).var_export($value, true),
        };
    }

    /** @param  array<array-key, mixed>  $array */
    private function printArray(array $array, int $depth): string
    {
        $print = 'a'.count($array).'['.array_key_last($array).']';

        if ($depth >= self::DEPTH_MAX) {
            return $print;
        }

        foreach ($array as $key => $element) {
            if (++$this->elements > self::ELEMENTS_MAX) {
                break;
            }

            $print .= "{$key}=".$this->print($element, $depth + 1).';';
        }

        return $print;
    }
}
