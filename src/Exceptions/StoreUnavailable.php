<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * The store is wanted, and there is no server that has it.
 */
final class StoreUnavailable extends RuntimeException
{
    private const REMEDY = 'Start the server with `php artisan askr:start`, or name another store under '.
        '`store.fallback` in config/askr.php (ASKR_STORE_FALLBACK).';

    /**
     * Nobody listens.
     *
     * @param  list<string>  $places  Where its socket was looked for.
     */
    public static function at(array $places): self
    {
        return new self(
            'The askr store cannot be reached: no server of this application runs for this user, or its store is '.
            'switched off (looked at '.implode(', ', $places).'). '.self::REMEDY
        );
    }

    /** The server stopped talking, so that nobody knows whether it did what it was told. */
    public static function afterAsking(string $command): self
    {
        return new self(
            "The askr store went away during {$command}: the server was stopped, or takes too long. ".
            'Whether it was done is not known. '.self::REMEDY
        );
    }
}
