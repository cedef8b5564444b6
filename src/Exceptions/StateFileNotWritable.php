<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * The server state file cannot be written.
 */
final class StateFileNotWritable extends RuntimeException
{
    /** Name the file, and what to do. */
    public static function at(string $path): self
    {
        return new self(
            "The server state file {$path} cannot be written. ".
            'Make its folder writable, or name another in the `state_file` key of config/askr.php.'
        );
    }
}
