<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * What `Askr\StoreException` is in a PHP that is not the server's, where no such class is native.
 */
class StoreException extends RuntimeException
{
    /** The store has failed in itself. */
    public const INTERNAL = 0;

    /** A key, tag, or the name of a lock or of its owner is empty or too long. */
    public const KEY = 1;

    /** The value is larger than `store_value_max`. */
    public const TOO_LARGE = 2;

    /** A space that evicts nothing has no room left. */
    public const FULL = 3;

    /** Another process held the space's memory for too long; another try may do. */
    public const BUSY = 4;

    /** There is something else than a number to add to. */
    public const NOT_A_NUMBER = 5;

    /** The sum is no integer of 64 bits, or no finite number. */
    public const OVERFLOW = 6;

    /** The store's memory holds what no process of the server wrote. */
    public const DAMAGED = 7;
}
