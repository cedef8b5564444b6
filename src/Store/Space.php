<?php

declare(strict_types=1);

namespace Askr\Laravel\Store;

/**
 * A part of the server's store that PHP keeps values in, with its own bound; locks have one more.
 */
enum Space: string
{
    /** Cache entries, of which the least used make room for others. */
    case Cache = 'cache';

    /** What must stay until it expires: counters of rate limiters, flags. */
    case Counters = 'counters';

    /** Sessions. */
    case Sessions = 'sessions';
}
