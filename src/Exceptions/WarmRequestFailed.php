<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;
use Throwable;

/**
 * A page under `warm` cannot be requested; the worker serves without it.
 */
final class WarmRequestFailed extends RuntimeException
{
    /** The page was answered with an error. */
    public static function answered(string $target, int $status): self
    {
        return new self("`warm` of config/askr.php: {$target} was answered {$status}.");
    }

    /** The page ended the script, and the boot with it. */
    public static function ended(string $target): self
    {
        return new self("`warm` of config/askr.php: {$target} called exit, or ran out of memory or time, so that nothing boots.");
    }

    /** The page was not answered at all. */
    public static function of(string $target, Throwable $cause): self
    {
        return $cause instanceof self ? $cause : new self(
            "`warm` of config/askr.php: {$target} failed: {$cause->getMessage()}",
            previous: $cause,
        );
    }
}
