<?php

declare(strict_types=1);

use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Events\RequestReceived;
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
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Contracts\Routing\ResponseFactory;
use Illuminate\Cookie\Middleware\AddQueuedCookiesToResponse;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Http\Middleware\ConvertEmptyStringsToNull;
use Illuminate\Foundation\Http\Middleware\InvokeDeferredCallbacks;
use Illuminate\Foundation\Http\Middleware\PreventRequestForgery;
use Illuminate\Foundation\Http\Middleware\PreventRequestsDuringMaintenance;
use Illuminate\Foundation\Http\Middleware\TrimStrings;
use Illuminate\Foundation\Http\Middleware\ValidateCsrfToken;
use Illuminate\Foundation\MaintenanceModeManager;
use Illuminate\Http\Middleware\HandleCors;
use Illuminate\Http\Middleware\TrustProxies;
use Illuminate\Http\Middleware\ValidatePathEncoding;
use Illuminate\Http\Middleware\ValidatePostSize;
use Illuminate\Routing\Contracts\CallableDispatcher;
use Illuminate\Routing\Contracts\ControllerDispatcher;
use Illuminate\Routing\Middleware\SubstituteBindings;
use Illuminate\Session\Middleware\StartSession;
use Illuminate\View\Middleware\ShareErrorsFromSession;

return [

    /*
    |--------------------------------------------------------------------------
    | Server Binary
    |--------------------------------------------------------------------------
    |
    | The path of the askr binary, when it is somewhere special. Left empty, it
    | is looked for in the ASKR_BINARY environment variable, in vendor/bin, the
    | package's folder, beside the PHP that is running, and along your PATH.
    |
    */

    'binary' => env('ASKR_BINARY'),

    /*
    |--------------------------------------------------------------------------
    | Address
    |--------------------------------------------------------------------------
    |
    | The address and the port the server listens on. Options of askr:start win
    | over them, and so does a "listen" key in the application's askr.toml. A
    | port of 0 takes a free one, which is printed when the server is up.
    |
    */

    'host' => env('ASKR_HOST', '127.0.0.1'),

    'port' => env('ASKR_PORT', 8000),

    /*
    |--------------------------------------------------------------------------
    | Server Options
    |--------------------------------------------------------------------------
    |
    | Options of the server, by the names they have in askr.toml. An option that
    | is null is left to askr.toml, and to the server's own default after that;
    | `askr config` prints each value in effect, and the source it came from.
    |
    */

    'server' => [
        'workers' => env('ASKR_WORKERS', 'auto'),
        'max_requests' => env('ASKR_MAX_REQUESTS', 10000),
        'boot_timeout' => env('ASKR_BOOT_TIMEOUT'),
        'shutdown_timeout' => env('ASKR_SHUTDOWN_TIMEOUT'),
        'head_limit' => env('ASKR_HEAD_LIMIT'),
        'body_limit' => env('ASKR_BODY_LIMIT'),
        'header_timeout' => env('ASKR_HEADER_TIMEOUT'),
        'body_timeout' => env('ASKR_BODY_TIMEOUT'),
        'queue_limit' => env('ASKR_QUEUE_LIMIT'),
        'queue_timeout' => env('ASKR_QUEUE_TIMEOUT'),
        'log_level' => env('ASKR_LOG_LEVEL'),
        'log_format' => env('ASKR_LOG_FORMAT'),
        'paranoid' => env('ASKR_PARANOID'),
        'paranoid_vendor' => env('ASKR_PARANOID_VENDOR'),
        'paranoid_ignore' => env('ASKR_PARANOID_IGNORE'),
        'ini' => [
            // 'memory_limit' => '256M',
        ],
    ],

    /*
    |--------------------------------------------------------------------------
    | Server State File
    |--------------------------------------------------------------------------
    |
    | Where askr:start notes which process serves this application, and where
    | askr:stop and askr:status look it up. Each application needs its own.
    |
    */

    'state_file' => env('ASKR_STATE_FILE', storage_path('logs/askr-server-state.json')),

    /*
    |--------------------------------------------------------------------------
    | Listeners
    |--------------------------------------------------------------------------
    |
    | What runs at the moments of a worker's life. Those of RequestReceived run
    | ahead of all code of the application and renew its state, each one piece
    | of it. Listeners are made once per worker, and called one by one.
    |
    */

    'listeners' => [
        RequestReceived::class => [
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
        ],
    ],

    /*
    |--------------------------------------------------------------------------
    | Warm Services
    |--------------------------------------------------------------------------
    |
    | Services that are resolved once, when a worker boots, and kept. All other
    | singletons are made anew for a request that wants them. Put a service of
    | yours here when it is costly to make and keeps nothing of a request. An
    | unbound class, such as a middleware, is kept as one instance as well.
    |
    */

    'warm' => [
        'auth',
        'blade.compiler',
        'cache',
        'cache.store',
        'config',
        'cookie',
        'db',
        'db.connection',
        'db.factory',
        'db.transactions',
        'encrypter',
        'files',
        'filesystem',
        'hash',
        'log',
        'redirect',
        'router',
        'routes',
        'session',
        'session.store',
        'translator',
        'url',
        'validator',
        'view',
        'view.engine.resolver',
        'view.finder',
        Bridge::class,
        CallableDispatcher::class,
        ControllerDispatcher::class,
        ExceptionHandler::class,
        MaintenanceModeManager::class,
        ResponseFactory::class,

        // Laravel's own middleware, of all versions, that keeps nothing.
        AddQueuedCookiesToResponse::class,
        ConvertEmptyStringsToNull::class,
        EncryptCookies::class,
        HandleCors::class,
        InvokeDeferredCallbacks::class,
        PreventRequestForgery::class,
        PreventRequestsDuringMaintenance::class,
        ShareErrorsFromSession::class,
        StartSession::class,
        SubstituteBindings::class,
        TrimStrings::class,
        TrustProxies::class,
        ValidateCsrfToken::class,
        ValidatePathEncoding::class,
        ValidatePostSize::class,
    ],

];
