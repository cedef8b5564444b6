<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Contracts\Auth\Access\Gate;

/**
 * Forgets the abilities, policies and answers that a request gave to the gate.
 */
final class RestoreAuthorization
{
    use RestoresServices;

    private const SERVICES = [
        Gate::class => [
            'abilities', 'policies', 'beforeCallbacks', 'afterCallbacks', 'stringCallbacks',
            'defaultDenialResponse', 'guessPolicyNamesUsingCallback', 'userResolver',
        ],
    ];
}
