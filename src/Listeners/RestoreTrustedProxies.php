<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Http\Middleware\TrustHosts;
use Illuminate\Http\Middleware\TrustProxies;
use Symfony\Component\HttpFoundation\Request;

/**
 * Trusts the proxies and hosts again that the application trusts.
 */
final class RestoreTrustedProxies
{
    use RestoresStatics;

    private const STATICS = [
        Request::class => [
            'trustedProxies', 'trustedHeaderSet', 'trustedHostPatterns', 'trustedHosts',
            'trustedHostsLiterals', 'trustedHostsRegexps', 'formats', 'requestFactory',
            'httpMethodParameterOverride', 'allowedHttpMethodOverride',
        ],
        TrustHosts::class => ['alwaysTrust', 'subdomains'],
        TrustProxies::class => ['alwaysTrustProxies', 'alwaysTrustHeaders'],
    ];
}
