<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * How a value looked at one moment, without the value.
 */
final readonly class Reading
{
    private const NOTHING = 'n';

    /**
     * @param  string  $text  As the log shows it: `array:3`, `string:12`, `int 7`.
     * @param  string  $print  The same for the same content.
     * @param  int|null  $size  What can grow: the number of elements, a number, bytes.
     * @param  bool  $isEmpty  Whether it is what something looks like before it is first filled.
     * @param  bool  $isMemory  Whether the size is an amount of memory.
     */
    public function __construct(
        public string $text,
        public string $print,
        public ?int $size = null,
        public bool $isEmpty = false,
        public bool $isMemory = false,
    ) {
    }

    /** Read any value. */
    public static function of(mixed $value): self
    {
        return match (true) {
            $value === null => self::none('null'),
            is_bool($value) => new self($value ? 'true' : 'false', $value ? 't' : 'f', isEmpty: ! $value),
            is_int($value) => new self("int {$value}", "i{$value}", $value),
            is_float($value) => new self("float {$value}", "d{$value}"),
            is_string($value) => new self('string:'.strlen($value), Fingerprint::of($value), isEmpty: $value === ''),
            is_array($value) => new self('array:'.count($value), Fingerprint::of($value), count($value), $value === []),
            is_object($value) => new self(ClassName::of($value), Fingerprint::of($value)),
            default => new self(get_debug_type($value), get_debug_type($value)),
        };
    }

    /** Whether there was no value at all. */
    public function isNothing(): bool
    {
        return $this->print === self::NOTHING;
    }

    /** The reading of what does not exist, or has no value yet. */
    public static function none(string $text = 'none'): self
    {
        return new self($text, self::NOTHING, 0, true);
    }

    /** The reading of an amount of memory. */
    public static function bytes(int $bytes): self
    {
        return new self(sprintf('%.1f MB', $bytes / (1 << 20)), "i{$bytes}", $bytes, isMemory: true);
    }
}
