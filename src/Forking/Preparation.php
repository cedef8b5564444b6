<?php

declare(strict_types=1);

namespace Askr\Laravel\Forking;

use Askr\Laravel\Listeners\CloseClients;
use Askr\Laravel\Listeners\CloseDatabaseConnections;
use Askr\Laravel\Listeners\CloseLogHandlers;
use Askr\Laravel\Listeners\CloseRedisConnections;
use Askr\Laravel\Listeners\ForgetIdentifiers;

/**
 * The listeners that close, before a template forks, what two workers must not share.
 */
final class Preparation
{
    private const LISTENERS = [
        CloseDatabaseConnections::class,
        CloseRedisConnections::class,
        CloseClients::class,
        CloseLogHandlers::class,
        ForgetIdentifiers::class,
    ];

    /**
     * All of them, in no order that matters.
     *
     * @return list<class-string>
     */
    public static function listeners(): array
    {
        return self::LISTENERS;
    }
}
