<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * The store was told by its socket to do something, and has refused.
 *
 * Inside the server the same is a native `Askr\StoreException`; outside, that is
 * another name for this class, so that one `catch` does for both.
 */
class StoreRefused extends RuntimeException
{
    /** Give the server's own words, without the code they begin with. */
    public static function because(string $error): static
    {
        return new static('The askr store refuses: '.preg_replace('/^[A-Z]+ /', '', $error));
    }

    /** Of this process the server knows nothing but a connection. */
    public static function locksUntilDeath(): static
    {
        return new static(
            'A lock that ends with its process can be taken in processes of the server only: '.
            'elsewhere give it a number of seconds, and refresh it.'
        );
    }
}

if (! class_exists('Askr\StoreException', false)) {
    class_alias(StoreRefused::class, 'Askr\StoreException');
}
