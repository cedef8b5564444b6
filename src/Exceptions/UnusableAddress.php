<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * The host or the port that was asked for cannot be listened on.
 */
final class UnusableAddress extends RuntimeException
{
    /** A name that is no address. */
    public static function forHost(string $host): self
    {
        return new self("The host [{$host}] cannot be resolved. Give an address such as 127.0.0.1, 0.0.0.0 or ::1.");
    }

    /** A number that is no port. */
    public static function forPort(string $port): self
    {
        return new self("The port [{$port}] is not a number from 0 to 65535.");
    }
}
