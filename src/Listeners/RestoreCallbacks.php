<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Console\Application as ConsoleApplication;
use Illuminate\Queue\Queue;

/**
 * Drops what a request added to lists that only ever grow.
 *
 * A provider that is registered when a request first needs it adds to them each time.
 */
final class RestoreCallbacks
{
    use RestoresStatics;

    private const STATICS = [
        ConsoleApplication::class => ['bootstrappers'],
        Queue::class => ['createPayloadCallbacks'],
    ];
}
