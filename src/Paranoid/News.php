<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * Why something is written to the log.
 */
enum News
{
    /** It is seen for the first time. */
    case Changed;

    /** It did not stop at that. */
    case GoesOn;

    /** It has stopped. */
    case Settled;
}
