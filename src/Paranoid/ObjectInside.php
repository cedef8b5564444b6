<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use ReflectionClass;
use ReflectionProperty;

/**
 * Looks into objects without running any of their code.
 */
final class ObjectInside
{
    /** @var array<class-string, array<string, string>> Names by the keys that PHP's cast gives. */
    private array $declared = [];

    public function __construct(private Territory $territory)
    {
    }

    /**
     * All properties that have a value, by name.
     *
     * @return array<array-key, mixed>
     */
    public static function all(object $object): array
    {
        // Neither accessors nor hooks are called by a cast, and no lazy object is made.
        return (array) $object;
    }

    /** The name of a property, out of the key that a cast gives it. */
    public static function nameOf(int|string $key): string
    {
        $parts = explode("\0", (string) $key);

        return end($parts);
    }

    /**
     * The properties that the application's own code declares, by name.
     *
     * @return array<string, mixed>
     */
    public function own(object $object): array
    {
        $names = $this->declared[$object::class] ??= $this->declaredBy(new ReflectionClass($object));
        $values = [];

        foreach (array_intersect_key(self::all($object), $names) as $key => $value) {
            $values[$names[$key]] = $value;
        }

        return $values;
    }

    /**
     * @param  ReflectionClass<object>  $class
     * @return array<string, string>
     */
    private function declaredBy(ReflectionClass $class): array
    {
        $parent = $class->getParentClass();
        $names = $parent === false ? [] : $this->declaredBy($parent);

        foreach ($this->territory->ownsClass($class->name) ? $class->getProperties() : [] as $property) {
            if ($property->class === $class->name && ! $property->isStatic()) {
                $names[self::keyOf($property)] = $property->name;
            }
        }

        return $names;
    }

    private static function keyOf(ReflectionProperty $property): string
    {
        return match (true) {
            $property->isPrivate() => "\0{$property->class}\0{$property->name}",
            $property->isProtected() => "\0*\0{$property->name}",
            default => $property->name,
        };
    }
}
