<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * A native function of the server was wanted where the server does not run.
 */
final class BridgeUnavailable extends RuntimeException
{
    /** Name the function that is missing, and what to do. */
    public static function forFunction(string $name): self
    {
        return new self(
            "{$name}() does not exist: this process is not a worker of Askr. ".
            'Start the application with `php artisan askr:start`.'
        );
    }
}
