<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * The server binary is in none of the places it may be in.
 */
final class BinaryNotFound extends RuntimeException
{
    /** A place that was named by somebody does not hold a program. */
    public static function atNamedPlace(string $place, string $path): self
    {
        return new self(
            "There is no executable file {$path}, which {$place} names as the askr binary. ".
            'Correct it, or leave it empty to have the binary looked for.'
        );
    }

    /**
     * None of the usual places holds the program.
     *
     * @param  list<string>  $paths
     */
    public static function afterLookingAt(array $paths): self
    {
        return new self(
            'The askr binary was not found. Looked at: '.implode(', ', $paths).'. '.
            'Put the binary into one of these places, or set ASKR_BINARY to its path.'
        );
    }
}
