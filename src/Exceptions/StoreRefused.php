<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use Askr\StoreException as NativeException;

// One `catch` is to do for both ends of the store: native inside the server, the socket elsewhere.
if (! class_exists(NativeException::class, false)) {
    class_alias(StoreException::class, NativeException::class);
}

/**
 * The store was told by its socket to do something, and has refused.
 */
class StoreRefused extends NativeException
{
    /** Which words of the server, in this order, stand for which reason. */
    private const REASONS = [
        '/^OOM /' => self::FULL,
        '/^BUSY /' => self::BUSY,
        '/out of range|overflow/i' => self::OVERFLOW,
        '/not (a number|an integer|a valid float)/i' => self::NOT_A_NUMBER,
        '/\b(key|tag|owner) /i' => self::KEY,
        '/\bvalue\b.* more than|too large/i' => self::TOO_LARGE,
        '/damaged/i' => self::DAMAGED,
    ];

    /** Give the server's own words, without the code they begin with. */
    public static function because(string $error): self
    {
        $reason = self::INTERNAL;

        foreach (self::REASONS as $words => $code) {
            if (preg_match($words, $error) === 1) {
                $reason = $code;

                break;
            }
        }

        return new self('The askr store refuses: '.preg_replace('/^[A-Z]+ /', '', $error), $reason);
    }

    /** Of this process the server knows nothing but a connection. */
    public static function locksUntilDeath(): self
    {
        return new self(
            'A lock that ends with its process can be taken in processes of the server only: '.
            'elsewhere give it a number of seconds, and refresh it.'
        );
    }
}
