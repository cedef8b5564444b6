<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Foundation\Exceptions\Renderer\Listener;

/**
 * Forgets what a request told the exception handler, and the queries noted for its page.
 */
final class RestoreExceptionHandler
{
    use RestoresServices;

    private const SERVICES = [
        ExceptionHandler::class => [
            'dontReport', 'dontReportCallbacks', 'dontRetry', 'dontRetryCallbacks', 'reportCallbacks',
            'levels', 'throttleCallbacks', 'contextCallbacks', 'currentlyReporting', 'renderCallbacks',
            'shouldRenderJsonWhenCallback', 'finalizeResponseCallback', 'exceptionMap',
            'hashThrottleKeys', 'internalDontReport', 'dontFlash', 'withoutDuplicates',
        ],
        // Filled with each query in debug mode, and emptied by Octane's event only.
        Listener::class => ['queries'],
    ];
}
