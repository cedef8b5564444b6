<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Auth\Notifications\ResetPassword;
use Illuminate\Auth\Notifications\VerifyEmail;
use Illuminate\Mail\Mailable;
use Illuminate\Mail\Markdown;

/**
 * Forgets how a request wanted mails and notifications to be made.
 */
final class RestoreMessages
{
    use RestoresStatics;

    private const STATICS = [
        Mailable::class => ['viewDataCallback'],
        Markdown::class => ['extensions', 'withSecuredEncoding'],
        ResetPassword::class => ['createUrlCallback', 'toMailCallback'],
        VerifyEmail::class => ['createUrlCallback', 'toMailCallback'],
    ];
}
