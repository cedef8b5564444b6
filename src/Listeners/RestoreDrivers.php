<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Notifications\ChannelManager;

/**
 * Drops the drivers that managers made during a request, and the makers they were given.
 *
 * They were made with the configuration of that request: another tenant's folder,
 * prefix or account. What was made while booting stays.
 */
final class RestoreDrivers
{
    use RestoresServices;

    private const SERVICES = [
        'cache' => ['stores', 'customCreators'],
        'filesystem' => ['disks', 'customCreators'],
        'hash' => ['drivers', 'customCreators'],
        'session' => ['drivers', 'customCreators'],
        'mail.manager' => ['mailers', 'customCreators'],
        'queue' => ['connections', 'connectors'],
        'auth.password' => ['brokers'],
        BroadcastManager::class => ['drivers', 'customCreators'],
        ChannelManager::class => ['drivers', 'customCreators', 'defaultChannel', 'locale'],
    ];
}
