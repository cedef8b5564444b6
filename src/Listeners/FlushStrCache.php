<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Closure;
use Illuminate\Support\Str;

/**
 * Keeps the words that were changed to another case from growing without end.
 *
 * They say nothing of a request, and a few hundred belong to the application.
 */
final class FlushStrCache
{
    private const WORDS_MAX = 1000;

    /** @var Closure(): int */
    private Closure $count;

    public function __construct()
    {
        $this->count = Closure::bind(
            static fn (): int => count(self::$snakeCache) + count(self::$camelCache) + count(self::$studlyCache),
            null,
            Str::class,
        );
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if (($this->count)() > self::WORDS_MAX) {
            Str::flushCache();
        }
    }
}
