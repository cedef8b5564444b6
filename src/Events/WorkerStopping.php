<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;

/**
 * The worker serves no more and is about to leave.
 */
final readonly class WorkerStopping
{
    public function __construct(
        public Application $app,
    ) {
    }
}
