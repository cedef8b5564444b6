<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Contracts\SharedStore;
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

/**
 * The services of Laravel that are costly to make and keep nothing of a request.
 */
final class KeptServices
{
    private const SERVICES = [
        'auth',
        'blade.compiler',
        'cache',
        'cache.store',
        'config',
        'cookie',
        'db',
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
        SharedStore::class,

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
    ];

    /** @return list<string> */
    public static function all(): array
    {
        return self::SERVICES;
    }
}
