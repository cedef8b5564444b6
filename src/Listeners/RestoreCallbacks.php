<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Cache\Repository as CacheRepository;
use Illuminate\Console\Application as ConsoleApplication;
use Illuminate\Queue\Queue;
use Illuminate\View\Compilers\BladeCompiler;

/**
 * Drops the callbacks that a request registered, and what it left in lists that only ever grow.
 *
 * A provider that is registered when a request first needs it adds to them each time.
 */
final class RestoreCallbacks
{
    use RestoresStatics;

    private const STATICS = [
        BladeCompiler::class => ['componentHashStack'],
        CacheRepository::class => ['unserializableClassHandler'],
        ConsoleApplication::class => ['bootstrappers'],
        Queue::class => ['createPayloadCallbacks'],
    ];
}
