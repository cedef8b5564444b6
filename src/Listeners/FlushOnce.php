<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Support\Once;

/**
 * Forgets the results of `once()`.
 */
final class FlushOnce
{
    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if (class_exists(Once::class, false)) {
            Once::flush();
            Once::enable();
        }
    }
}
