<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Contracts\Http\Kernel;

/**
 * Removes the middleware that a request pushed on the kernel.
 */
final class RestoreHttpKernel
{
    use RestoresServices;

    private const SERVICES = [
        Kernel::class => [
            'middleware', 'middlewareGroups', 'middlewareAliases', 'routeMiddleware',
            'middlewarePriority', 'requestLifecycleDurationHandlers', 'requestStartedAt',
        ],
    ];
}
