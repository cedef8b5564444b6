<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\ObjectInside;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Roots;
use Askr\Laravel\Paranoid\Territory;
use Askr\Laravel\Paranoid\Watch;
use Illuminate\Contracts\Container\Container;

/**
 * What the application's objects keep that outlive their request: singletons, and what static variables hold.
 *
 * Only properties that the application's own code declares count: packages keep a
 * lot in objects that they renew or overwrite. A number that goes up by one
 * with each request is a counter of requests, and nothing of anybody's.
 */
final class ObjectState implements Watch
{
    private const OBJECTS_MAX = 1000;

    private const ELEMENTS_MAX = 50;

    private const DEPTH_MAX = 4;

    private Readings $readings;

    /** @var array<int, true> Objects that were read in this look. */
    private array $visited = [];

    /** @var list<Change> */
    private array $changes = [];

    public function __construct(
        private Roots $roots,
        private Territory $territory,
        private ObjectInside $inside,
    ) {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $this->changes = [];
        $this->visited = [];
        $roots = [...$this->roots->singletons($moment), ...$this->roots->statics($moment)];

        foreach ($this->roots->singletons($moment) as $object) {
            $this->visited[spl_object_id($object)] = true;
        }

        foreach ($roots as $name => $value) {
            $this->enter($name, $value, 0, isKnown: true);
        }

        return array_values(array_filter(
            $this->changes,
            fn (Change $change): bool => ! $this->isCounter($change, $moment),
        ));
    }

    /** Read what a value holds, if it is such an object or a list of such. */
    private function enter(string $name, mixed $value, int $depth, bool $isKnown): void
    {
        if (is_array($value)) {
            foreach (array_slice($value, 0, self::ELEMENTS_MAX, true) as $key => $element) {
                if (is_object($element)) {
                    $this->enter("{$name}[{$key}]", $element, $depth, $isKnown);
                }
            }

            return;
        }

        $isRoot = $depth === 0 && $isKnown;

        if (is_object($value) && $this->canEnter($value, $depth) && ($isRoot || $this->isFirstVisit($value))) {
            $this->read($name, $value, $depth, $isKnown);
        }
    }

    private function read(string $name, object $object, int $depth, bool $isKnown): void
    {
        foreach ($this->inside->own($object) as $property => $value) {
            $path = "{$name}->{$property}";
            $change = $this->readings->compare($path, Reading::of($value));

            // Another object's properties have nothing to do with those of the one before.
            if ($change !== null && $isKnown) {
                $this->changes[] = $change;
            }

            $this->enter($path, $value, $depth + 1, $isKnown && $change === null);
        }
    }

    private function canEnter(object $object, int $depth): bool
    {
        return $depth < self::DEPTH_MAX
            && count($this->visited) < self::OBJECTS_MAX
            && ! $object instanceof Container
            && $this->territory->ownsClass($object::class);
    }

    private function isFirstVisit(object $object): bool
    {
        $id = spl_object_id($object);
        $isFirst = ! isset($this->visited[$id]);
        $this->visited[$id] = true;

        return $isFirst;
    }

    private function isCounter(Change $change, Moment $moment): bool
    {
        return str_starts_with($change->before->text, 'int ') && $change->growth() === $moment->requests;
    }
}
