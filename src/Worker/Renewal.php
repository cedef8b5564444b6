<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Listeners\DisconnectFromOtherDatabases;
use Askr\Laravel\Listeners\FlushArrayCache;
use Askr\Laravel\Listeners\FlushAuthenticationState;
use Askr\Laravel\Listeners\FlushLocaleState;
use Askr\Laravel\Listeners\FlushOnce;
use Askr\Laravel\Listeners\FlushQueuedCookies;
use Askr\Laravel\Listeners\FlushSessionState;
use Askr\Laravel\Listeners\FlushStrCache;
use Askr\Laravel\Listeners\FlushVite;
use Askr\Laravel\Listeners\GiveNewRequestInstanceToApplication;
use Askr\Laravel\Listeners\PrepareInertia;
use Askr\Laravel\Listeners\PrepareLivewire;
use Askr\Laravel\Listeners\PrepareScout;
use Askr\Laravel\Listeners\PrepareSocialite;
use Askr\Laravel\Listeners\RestoreAuthorization;
use Askr\Laravel\Listeners\RestoreBlade;
use Askr\Laravel\Listeners\RestoreCallbacks;
use Askr\Laravel\Listeners\RestoreClock;
use Askr\Laravel\Listeners\RestoreConfiguration;
use Askr\Laravel\Listeners\RestoreConnections;
use Askr\Laravel\Listeners\RestoreContext;
use Askr\Laravel\Listeners\RestoreCookieDefaults;
use Askr\Laravel\Listeners\RestoreDrivers;
use Askr\Laravel\Listeners\RestoreDumper;
use Askr\Laravel\Listeners\RestoreEventListeners;
use Askr\Laravel\Listeners\RestoreExceptionHandler;
use Askr\Laravel\Listeners\RestoreFormats;
use Askr\Laravel\Listeners\RestoreGenerators;
use Askr\Laravel\Listeners\RestoreHttpClient;
use Askr\Laravel\Listeners\RestoreHttpKernel;
use Askr\Laravel\Listeners\RestoreLog;
use Askr\Laravel\Listeners\RestoreMessages;
use Askr\Laravel\Listeners\RestoreMiddlewareSettings;
use Askr\Laravel\Listeners\RestoreModels;
use Askr\Laravel\Listeners\RestorePaginator;
use Askr\Laravel\Listeners\RestorePipelines;
use Askr\Laravel\Listeners\RestoreRateLimiters;
use Askr\Laravel\Listeners\RestoreResources;
use Askr\Laravel\Listeners\RestoreRouter;
use Askr\Laravel\Listeners\RestoreTransactionCallbacks;
use Askr\Laravel\Listeners\RestoreTranslator;
use Askr\Laravel\Listeners\RestoreTrustedProxies;
use Askr\Laravel\Listeners\RestoreUrlGenerator;
use Askr\Laravel\Listeners\RestoreValidation;
use Askr\Laravel\Listeners\RestoreViews;
use Askr\Laravel\Listeners\RollBackOpenTransactions;
use Askr\Laravel\Listeners\ShareRequestName;

/**
 * The listeners that put back, before each request, what the one before has changed.
 */
final class Renewal
{
    private const LISTENERS = [
        DisconnectFromOtherDatabases::class,
        RestoreConfiguration::class,
        RestoreEventListeners::class,
        RestoreModels::class,
        RestoreUrlGenerator::class,
        RestoreTrustedProxies::class,
        GiveNewRequestInstanceToApplication::class,
        FlushSessionState::class,
        FlushAuthenticationState::class,
        FlushQueuedCookies::class,
        RestoreCookieDefaults::class,
        FlushLocaleState::class,
        RestoreTranslator::class,
        RestoreRouter::class,
        RestoreHttpKernel::class,
        RestoreMiddlewareSettings::class,
        RestorePipelines::class,
        RestoreRateLimiters::class,
        RestoreViews::class,
        RestoreBlade::class,
        FlushVite::class,
        RollBackOpenTransactions::class,
        RestoreTransactionCallbacks::class,
        RestoreConnections::class,
        FlushArrayCache::class,
        RestoreDrivers::class,
        RestoreLog::class,
        RestoreContext::class,
        ShareRequestName::class,
        RestoreExceptionHandler::class,
        RestoreDumper::class,
        RestoreAuthorization::class,
        RestoreValidation::class,
        RestoreHttpClient::class,
        RestoreMessages::class,
        RestoreResources::class,
        RestorePaginator::class,
        RestoreFormats::class,
        RestoreGenerators::class,
        RestoreClock::class,
        RestoreCallbacks::class,
        FlushOnce::class,
        FlushStrCache::class,
        PrepareInertia::class,
        PrepareLivewire::class,
        PrepareScout::class,
        PrepareSocialite::class,
    ];

    /**
     * All of them, in the order in which they depend on one another.
     *
     * @return list<class-string>
     */
    public static function listeners(): array
    {
        return self::LISTENERS;
    }
}
