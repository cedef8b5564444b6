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
     * The container's arrays, by the names of its properties.
     *
     * @return array<string, array<array-key, mixed>>
     */
    public static function arrays(Container $container): array
    {
        $properties = Closure::bind(fn (): array => get_object_vars($this), $container, $container::class)();

        return array_filter($properties, 'is_array');
    }
}
