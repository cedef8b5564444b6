<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Http\Client\Factory;

/**
 * Forgets the middleware, options and fakes that a request gave to the HTTP client.
 */
final class RestoreHttpClient
{
    use RestoresServices;

    private const SERVICES = [
        Factory::class => [
            'globalMiddleware', 'globalOptions', 'stubCallbacks', 'recording', 'recorded',
            'responseSequences', 'preventStrayRequests', 'allowedStrayRequestUrls',
        ],
    ];
}
