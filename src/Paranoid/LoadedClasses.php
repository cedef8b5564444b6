<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use ReflectionClass;

/**
 * The watched classes that PHP has loaded so far.
 */
final class LoadedClasses
{
    /** More classes than any application has; what comes after them is not watched. */
    private const CLASSES_MAX = 20_000;

    private int $seen = 0;

    /** @var list<ReflectionClass<object>> */
    private array $watched = [];

    public function __construct(private Territory $territory)
    {
    }

    /** Take in what was loaded since the last time, and say whether that was anything. */
    public function refresh(): bool
    {
        $declared = get_declared_classes();
        // PHP lists classes in the order in which it has loaded them.
        $fresh = array_slice($declared, $this->seen);
        $this->seen = count($declared);

        foreach ($fresh as $class) {
            if ($this->territory->hasClass($class) && count($this->watched) < self::CLASSES_MAX) {
                $this->watched[] = new ReflectionClass($class);
            }
        }

        return $fresh !== [];
    }

    /**
     * The watched classes after the first so many.
     *
     * @return list<ReflectionClass<object>>
     */
    public function after(int $count): array
    {
        return array_slice($this->watched, $count);
    }

    /** How many classes are watched. */
    public function count(): int
    {
        return count($this->watched);
    }
}
