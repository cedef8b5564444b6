<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker\State;

use Closure;
use ReflectionProperty;

/**
 * What properties of an object held when it was looked at, to be put back.
 *
 * Arrays are shared until somebody writes to them, so that looking costs nothing
 * and putting back one assignment each. An object that a property holds is put
 * back as the same object; what changed inside of it is another state.
 */
final class ObjectState
{
    /** @var Closure(array<string, mixed>): void */
    private Closure $restore;

    /** @param  array<string, mixed>  $values */
    private function __construct(object $object, private array $values)
    {
        $this->restore = Closure::bind(function (array $values): void {
            foreach ($values as $name => $value) {
                $this->{$name} = $value;
            }
        }, $object, $object::class);
    }

    /**
     * Look at some properties. Those that this version of the class lacks are left out.
     *
     * @param  list<string>  $names
     */
    public static function of(object $object, array $names): self
    {
        return new self($object, array_intersect_key(self::read($object), array_flip($names)));
    }

    /**
     * Look at all properties that can change, except for some.
     *
     * @param  list<string>  $names
     */
    public static function except(object $object, array $names = []): self
    {
        $values = array_diff_key(self::read($object), array_flip($names));

        return new self($object, array_filter(
            $values,
            fn (string $name): bool => ! property_exists($object, $name)
                || ! (new ReflectionProperty($object, $name))->isReadOnly(),
            ARRAY_FILTER_USE_KEY,
        ));
    }

    /** Put back what the properties held. */
    public function restore(): void
    {
        ($this->restore)($this->values);
    }

    /** @return array<string, mixed> */
    private static function read(object $object): array
    {
        return Closure::bind(fn (): array => get_object_vars($this), $object, $object::class)();
    }
}
