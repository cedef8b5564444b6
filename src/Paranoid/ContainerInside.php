<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Closure;
use Illuminate\Container\Container;

/**
 * Looks into a container without resolving anything.
 */
final class ContainerInside
{
    /**
     * The objects that the container keeps, by their names.
     *
     * @return array<string, object>
     */
    public static function instances(Container $container): array
    {
        return array_filter(self::arrays($container)['instances'] ?? [], is_object(...));
    }

    /**
     * The container's arrays, by the names of its properties.
     *
     * @return array<string, array<array-key, mixed>>
     */
    public static function arrays(Container $container): array
    {
        $properties = Closure::bind(fn (): array => get_object_vars($this), $container, $container::class)();

        return array_filter($properties, is_array(...));
    }
}
