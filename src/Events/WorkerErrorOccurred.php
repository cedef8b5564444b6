<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;
use Throwable;

/**
 * An exception left the application, or was thrown after its response.
 */
final readonly class WorkerErrorOccurred
{
    public function __construct(
        public Application $app,
        public Throwable $exception,
    ) {
    }
}
