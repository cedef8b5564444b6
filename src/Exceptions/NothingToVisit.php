<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * There is no URL that a trial could visit.
 */
final class NothingToVisit extends RuntimeException
{
    /** Say that the routes need parameters, and what to do. */
    public static function whenNoRouteFits(): self
    {
        return new self('No GET route of the application does without parameters. Name some URLs, or list them in a file: --file=urls.txt');
    }

    /** Name the file. */
    public static function whenFileIsUnreadable(string $path): self
    {
        return new self("The list of URLs [{$path}] cannot be read. Name a file with one URL on each line.");
    }
}
