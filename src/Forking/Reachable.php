<?php

declare(strict_types=1);

namespace Askr\Laravel\Forking;

use Closure;
use Generator;
use ReflectionFunction;

/**
 * Finds the objects of some kinds that an object leads to, through arrays, objects and closures.
 *
 * No code of theirs runs. Lists of plain values are looked through, not kept.
 */
final class Reachable
{
    private const OBJECTS_MAX = 500_000;

    /** @var array<int, object> By their numbers, which they keep while they are here. */
    private array $seen = [];

    /** @var array<class-string, list<object>> */
    private array $found = [];

    /** @param  list<class-string>  $classes */
    private function __construct(private array $classes)
    {
    }

    /**
     * The objects, by the first of the classes that each is an instance of.
     *
     * @param  list<class-string>  $classes  Those that are not there count for nothing.
     * @return array<class-string, list<object>>
     */
    public static function from(object $root, array $classes): array
    {
        $search = new self(array_values(array_filter(
            $classes,
            fn (string $class): bool => class_exists($class, false) || interface_exists($class, false),
        )));

        if ($search->classes !== []) {
            $search->run($root);
        }

        return $search->found;
    }

    private function run(object $root): void
    {
        $queue = [$root];
        $this->seen[spl_object_id($root)] = $root;

        while (($object = array_pop($queue)) !== null && count($this->seen) < self::OBJECTS_MAX) {
            $this->note($object);
            $contents = $object instanceof Closure ? $this->captured($object) : (array) $object;

            foreach ($this->objectsIn($contents) as $next) {
                if (! isset($this->seen[$id = spl_object_id($next)])) {
                    $this->seen[$id] = $queue[] = $next;
                }
            }
        }
    }

    private function note(object $object): void
    {
        foreach ($this->classes as $class) {
            if ($object instanceof $class) {
                $this->found[$class][] = $object;

                return;
            }
        }
    }

    /** @return array<array-key, mixed> */
    private function captured(Closure $closure): array
    {
        $function = new ReflectionFunction($closure);

        return [$function->getClosureThis(), ...array_values($function->getStaticVariables())];
    }

    /**
     * @param  array<array-key, mixed>  $values
     * @return Generator<object>
     */
    private function objectsIn(array $values, int $depth = 0): Generator
    {
        foreach ($values as $value) {
            if (is_object($value)) {
                yield $value;
            } elseif (is_array($value) && $depth < 8) {
                yield from $this->objectsIn($value, $depth + 1);
            }
        }
    }
}
