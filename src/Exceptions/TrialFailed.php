<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * A trial could not be carried out, so that it says nothing about the application.
 */
final class TrialFailed extends RuntimeException
{
    /** The server has ended, or does not begin to serve. */
    public static function becauseNothingServes(string $log): self
    {
        return new self('The server does not serve'.($log === '' ? '.' : ":\n{$log}"));
    }

    /** Nothing was watched. */
    public static function becauseNothingWatches(string $log): self
    {
        return new self('Nothing was watched: the worker set no baseline'.($log === '' ? '.' : ":\n{$log}"));
    }

    /** Whatever the application does when it works was not seen. */
    public static function becauseNoUrlWorks(): self
    {
        return new self('No URL was answered with less than 400, so that nothing was tried. Name URLs that work, or send what they need with --header.');
    }
}
