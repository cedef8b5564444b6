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
        '/^BUSY |; try again$/' => self::BUSY,
        '/not (a number|an integer|a valid float)/' => self::NOT_A_NUMBER,
        '/would overflow|NaN or Infinity|out of range/' => self::OVERFLOW,
        '/more than the store takes|takes none that large/' => self::TOO_LARGE,
        '/a key has /' => self::KEY,
        '/is damaged/' => self::DAMAGED,
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
