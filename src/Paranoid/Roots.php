<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Askr\Laravel\Paranoid\Watches\FunctionStatics;
use Askr\Laravel\Paranoid\Watches\GlobalVariables;
use Askr\Laravel\Paranoid\Watches\StaticProperties;
use Illuminate\Contracts\Container\Container;
use Illuminate\Support\Str;

/**
 * Where everything begins that can outlive a request.
 */
final class Roots
{
    /** What is told of each new request, or overwrites the one before; watched when it is asked for. */
    private const OF_THE_FRAMEWORK = ['Illuminate\\', 'Laravel\\', 'Symfony\\', 'Askr\\Laravel\\'];

    /** @var array<class-string, bool> */
    private array $interesting = [];

    public function __construct(
        private Territory $territory,
        private StaticProperties $properties,
        private FunctionStatics $functions,
        private GlobalVariables $globals,
    ) {
    }

    /**
     * The objects that the container keeps, by name, but for the framework's own.
     *
     * @return array<string, object>
     */
    public function singletons(Moment $moment): array
    {
        return $moment->singletons ??= $this->findSingletons($moment);
    }

    /**
     * The objects and arrays that static and global variables hold, by name.
     *
     * @return array<string, object|array<array-key, mixed>>
     */
    public function statics(Moment $moment): array
    {
        return $moment->statics ??= $this->findStatics();
    }

    /** @return array<string, object|array<array-key, mixed>> */
    private function findStatics(): array
    {
        $statics = [];

        foreach ([$this->properties, $this->functions, $this->globals] as $watch) {
            foreach ($watch->values() as $name => $value) {
                if (is_object($value) || (is_array($value) && $value !== [])) {
                    $statics[$name] = $value;
                }
            }
        }

        return $statics;
    }

    /** @return array<string, object> */
    private function findSingletons(Moment $moment): array
    {
        $singletons = [];
        $named = [];

        foreach ($moment->instances() as $abstract => $object) {
            $isOfInterest = $this->interesting[$object::class] ??= $this->isOfInterest($object);

            if ($isOfInterest && $object !== $moment->request && ! isset($named[spl_object_id($object)])) {
                $singletons[$this->nameOf($object, (string) $abstract)] = $object;
                $named[spl_object_id($object)] = true;
            }
        }

        return $singletons;
    }

    private function isOfInterest(object $object): bool
    {
        return ! $object instanceof Container
            && ($this->territory->hasClass($object::class) || ! Str::startsWith($object::class, self::OF_THE_FRAMEWORK));
    }

    /** What the singleton is called: by its class, or when that says little, by the container's name for it. */
    private function nameOf(object $object, string $abstract): string
    {
        $class = ClassName::of($object);

        return $abstract === $object::class || $this->territory->hasClass($object::class) ? $class : "{$abstract} ({$class})";
    }
}
