<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Auth\AuthenticationException;
use Illuminate\Auth\Middleware\Authenticate;
use Illuminate\Auth\Middleware\RedirectIfAuthenticated;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Http\Middleware\ConvertEmptyStringsToNull;
use Illuminate\Foundation\Http\Middleware\PreventRequestForgery;
use Illuminate\Foundation\Http\Middleware\PreventRequestsDuringMaintenance;
use Illuminate\Foundation\Http\Middleware\TrimStrings;
use Illuminate\Foundation\Http\Middleware\VerifyCsrfToken;
use Illuminate\Http\Middleware\HandleCors;
use Illuminate\Routing\Middleware\ThrottleRequests;
use Illuminate\Routing\Middleware\ValidateSignature;
use Illuminate\Session\Middleware\AuthenticateSession;

/**
 * Takes back what a request told middleware through static methods.
 */
final class RestoreMiddlewareSettings
{
    use RestoresStatics;

    private const STATICS = [
        Authenticate::class => ['redirectToCallback'],
        AuthenticateSession::class => ['redirectToCallback'],
        AuthenticationException::class => ['redirectToCallback'],
        ConvertEmptyStringsToNull::class => ['skipCallbacks'],
        EncryptCookies::class => ['neverEncrypt', 'serialize'],
        HandleCors::class => ['skipCallbacks'],
        PreventRequestForgery::class => ['allowSameSite', 'neverVerify', 'originOnly'],
        PreventRequestsDuringMaintenance::class => ['neverPrevent'],
        RedirectIfAuthenticated::class => ['redirectToCallback'],
        ThrottleRequests::class => ['shouldHashKeys'],
        TrimStrings::class => ['neverTrim', 'skipCallbacks'],
        ValidateSignature::class => ['neverValidate'],
        VerifyCsrfToken::class => ['neverVerify'],
    ];
}
