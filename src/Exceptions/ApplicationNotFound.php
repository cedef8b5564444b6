<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * The folder the worker was pointed at does not hold a Laravel application.
 */
final class ApplicationNotFound extends RuntimeException
{
    /** No `bootstrap/app.php`. */
    public static function withoutBootstrapFile(string $path): self
    {
        return new self(
            "There is no {$path}: the worker needs the folder of a Laravel application. ".
            'Set ASKR_APP_BASE to it.'
        );
    }

    /** A `bootstrap/app.php` that gives something other than an application. */
    public static function whenBootstrapFileReturns(string $path, mixed $value): self
    {
        return new self(
            "{$path} returns ".get_debug_type($value).' instead of the application. '.
            'Its last statement has to be `return $app;` or `return Application::configure(…)->create();`.'
        );
    }
}
