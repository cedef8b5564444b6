<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Askr\Laravel\Paranoid\Watches\FunctionStatics;
use Askr\Laravel\Paranoid\Watches\GlobalVariables;
use Askr\Laravel\Paranoid\Watches\StaticProperties;
use Illuminate\Contracts\Container\Container;

/**
 * Where everything begins that can outlive a request.
 */
final class Roots
{
    public function __construct(
        private Territory $territory,
        private StaticProperties $properties,
        private FunctionStatics $functions,
        private GlobalVariables $globals,
    ) {
    }

    /**
     * The watched objects that the container keeps, by name.
     *
     * @return array<string, object>
     */
    public function singletons(Moment $moment): array
    {
        $singletons = [];

        foreach (ContainerInside::instances($moment->app) as $object) {
            if (! $object instanceof Container && $object !== $moment->request && $this->territory->hasClass($object::class)) {
                $singletons[ClassName::of($object)] = $object;
            }
        }

        return $singletons;
    }

    /**
     * The objects and arrays that static and global variables hold, by name.
     *
     * @return array<string, object|array<array-key, mixed>>
     */
    public function statics(): array
    {
        $values = [
            ...iterator_to_array($this->properties->values()),
            ...iterator_to_array($this->functions->values()),
            ...iterator_to_array($this->globals->values()),
        ];

        return array_filter($values, fn (mixed $value): bool => is_object($value) || (is_array($value) && $value !== []));
    }
}
