<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker\State;

use Closure;
use ReflectionClass;

/**
 * What static properties held when they were looked at, to be put back.
 *
 * A class that nobody has used by then had what it declares, if a request is the
 * first to load it.
 */
final class ClassState
{
    /** @var array<class-string, array<string, mixed>> */
    private array $values = [];

    /** @var array<class-string, Closure(array<string, mixed>): void> */
    private array $restore = [];

    /** @param  array<class-string, list<string>>  $unloaded  Names of properties, by the class that declares them. */
    public function __construct(private array $unloaded)
    {
        foreach ($this->takeLoaded() as $class => $names) {
            $this->watch($class, self::read($class, $names));
        }
    }

    /** Put back what the properties held. */
    public function restore(): void
    {
        foreach ($this->takeLoaded() as $class => $names) {
            $declared = (new ReflectionClass($class))->getDefaultProperties();
            $this->watch($class, array_intersect_key($declared, self::read($class, $names)));
        }

        foreach ($this->restore as $class => $restore) {
            $restore($this->values[$class]);
        }
    }

    /** @return array<class-string, list<string>> The classes that have been loaded since the last time. */
    private function takeLoaded(): array
    {
        $loaded = [];

        foreach ($this->unloaded as $class => $names) {
            if (class_exists($class, false)) {
                $loaded[$class] = $names;
                unset($this->unloaded[$class]);
            }
        }

        return $loaded;
    }

    /** @param  array<string, mixed>  $values */
    private function watch(string $class, array $values): void
    {
        $this->values[$class] = $values;
        $this->restore[$class] = Closure::bind(static function (array $values): void {
            foreach ($values as $name => $value) {
                self::${$name} = $value;
            }
        }, null, $class);
    }

    /**
     * The values of those properties that this version of the class has.
     *
     * @param  list<string>  $names
     * @return array<string, mixed>
     */
    private static function read(string $class, array $names): array
    {
        return array_intersect_key((new ReflectionClass($class))->getStaticProperties(), array_flip($names));
    }
}
