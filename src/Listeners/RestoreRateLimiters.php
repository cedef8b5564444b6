<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Cache\RateLimiter;

/**
 * Forgets the rate limiters that a request defined.
 */
final class RestoreRateLimiters
{
    use RestoresServices;

    private const SERVICES = [
        RateLimiter::class => ['limiters'],
    ];
}
