<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Exceptions\ValueUnreadable;
use InvalidArgumentException;

/**
 * Turns values of PHP into what the store holds, and back.
 *
 * Integers and floats stay what they are, so that the store can add to them. All else
 * is serialised, by igbinary where that is loaded and classes are not restricted: it
 * cannot be told which classes it may make. Either is known by its first bytes.
 */
class ValueCodec
{
    /** What igbinary's format begins with, and no other does. */
    private const IGBINARY_HEAD = "\0\0\0";

    private bool $writesIgbinary;

    private bool $readsIgbinary;

    /**
     * @param  array<class-string>|bool|null  $classes  Those that may be made; null is all.
     * @param  string|null  $serializer  `php`, `igbinary`, or null for the best there is.
     *
     * @throws InvalidArgumentException
     */
    public function __construct(private array|bool|null $classes = null, ?string $serializer = null)
    {
        $isRestricted = $classes !== null && $classes !== true;

        $this->readsIgbinary = extension_loaded('igbinary') && ! $isRestricted;
        $this->writesIgbinary = match ($serializer) {
            null, '' => $this->readsIgbinary,
            'php' => false,
            'igbinary' => $this->readsIgbinary ?: throw new InvalidArgumentException(
                'The askr store is to serialise by igbinary, which '.($isRestricted
                    ? 'cannot honour `serializable_classes` of config/cache.php.'
                    : 'this PHP has not loaded.'),
            ),
            default => throw new InvalidArgumentException("The askr store knows no serializer [{$serializer}]: php, igbinary."),
        };
    }

    /** What the store is to hold. */
    public function encode(mixed $value): string|int|float
    {
        return match (true) {
            is_int($value), is_float($value) && is_finite($value) => $value,
            $this->writesIgbinary => (string) igbinary_serialize($value),
            default => serialize($value),
        };
    }

    /**
     * The value again.
     *
     * @throws ValueUnreadable
     */
    public function decode(string $value): mixed
    {
        return match (true) {
            // Nothing of ours: somebody else has written a number as text.
            is_numeric($value) => $value,
            str_starts_with($value, self::IGBINARY_HEAD) => $this->fromIgbinary($value),
            $this->classes === null => unserialize($value),
            default => unserialize($value, ['allowed_classes' => $this->classes]),
        };
    }

    /** @throws ValueUnreadable */
    private function fromIgbinary(string $value): mixed
    {
        return match (true) {
            $this->readsIgbinary => igbinary_unserialize($value),
            extension_loaded('igbinary') => throw ValueUnreadable::byRestrictedClasses(),
            default => throw ValueUnreadable::withoutIgbinary(),
        };
    }
}
