<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * There is no server binary for this system.
 */
final class UnsupportedMachine extends RuntimeException
{
    /** Name the system, and those that would do. */
    public static function named(string $system, string $architecture): self
    {
        return new self(
            "Askr runs on Linux on x86_64 and arm64; this is {$system} on {$architecture}. ".
            'Run the application in a Linux virtual machine or container, or with `php artisan serve` meanwhile.'
        );
    }
}
