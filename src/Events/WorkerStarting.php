<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;

/**
 * The application has booted and the worker is about to serve.
 */
final readonly class WorkerStarting
{
    public function __construct(
        public Application $app,
    ) {
    }
}
