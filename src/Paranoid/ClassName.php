<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * Names classes as people know them.
 */
final class ClassName
{
    /** The name of a class, or of an object's; one without a name is called by its place. */
    public static function of(object|string $class): string
    {
        $name = is_object($class) ? $class::class : $class;
        $parts = explode("\0", $name, 2);

        return isset($parts[1])
            ? $parts[0].' in '.basename(preg_replace('/\$[0-9a-f]+$/', '', $parts[1]) ?? '')
            : $name;
    }
}
