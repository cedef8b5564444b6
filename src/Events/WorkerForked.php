<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;

/**
 * This process is a worker that was forked from the booted application.
 */
final readonly class WorkerForked
{
    public function __construct(
        public Application $app,
    ) {
    }
}
