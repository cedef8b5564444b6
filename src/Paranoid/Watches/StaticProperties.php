<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\ClassName;
use Askr\Laravel\Paranoid\LoadedClasses;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;
use ReflectionClass;
use ReflectionProperty;
use Throwable;

/**
 * Static properties, each of the class that declares it.
 *
 * What a class loaded after the baseline declares is what a fresh request would
 * see: the request that loads a class and changes it is found by its first change.
 */
final class StaticProperties implements Watch
{
    /** @var array<string, ReflectionProperty> */
    private array $properties = [];

    private Readings $readings;

    private int $classCount = 0;

    private bool $hasBaseline = false;

    public function __construct(private LoadedClasses $classes)
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        foreach ($this->classes->after($this->classCount) as $class) {
            $this->add($class);
        }

        $this->classCount = $this->classes->count();
        $this->hasBaseline = true;
        $changes = [];

        foreach ($this->properties as $name => $property) {
            $changes[] = $this->readings->compare($name, $this->read($property));
        }

        return array_values(array_filter($changes));
    }

    /**
     * The values there are, by name.
     *
     * @return iterable<string, mixed>
     */
    public function values(): iterable
    {
        foreach ($this->properties as $name => $property) {
            if ($property->isInitialized()) {
                yield $name => $property->getValue();
            }
        }
    }

    /** @param  ReflectionClass<object>  $class */
    private function add(ReflectionClass $class): void
    {
        foreach ($class->getProperties(ReflectionProperty::IS_STATIC) as $property) {
            // An inherited one is the same variable, and belongs to the class it comes from.
            if ($property->class === $class->name && $this->isReadable($property)) {
                $name = ClassName::of($class->name).'::$'.$property->name;
                $this->properties[$name] = $property;
                $this->remember($name, $property);
            }
        }
    }

    private function remember(string $name, ReflectionProperty $property): void
    {
        if ($this->hasBaseline) {
            $this->readings->remember($name, $this->declared($property));
        }
    }

    /** Whether PHP can work out what it begins with. */
    private function isReadable(ReflectionProperty $property): bool
    {
        try {
            $this->read($property);

            return true;
        } catch (Throwable) {
            return false;
        }
    }

    private function read(ReflectionProperty $property): Reading
    {
        return $property->isInitialized() ? Reading::of($property->getValue()) : Reading::none('uninitialized');
    }

    private function declared(ReflectionProperty $property): Reading
    {
        return $property->hasDefaultValue()
            ? Reading::of($property->getDefaultValue())
            : Reading::none('uninitialized');
    }
}
