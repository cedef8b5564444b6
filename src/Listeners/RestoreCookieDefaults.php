<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;

/**
 * Gives new cookies the configured path, domain and flags again.
 */
final class RestoreCookieDefaults
{
    use RestoresServices;

    private const SERVICES = [
        'cookie' => ['path', 'domain', 'secure', 'sameSite'],
    ];
}
