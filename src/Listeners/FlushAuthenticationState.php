<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Auth\AuthManager;
use Illuminate\Contracts\Foundation\Application;

/**
 * Forgets who was logged in, and how a request wanted that to be found out.
 */
final class FlushAuthenticationState
{
    private ?AuthManager $auth = null;

    private ?ObjectState $state = null;

    public function __construct(Application $app)
    {
        if ($app->resolved('auth')) {
            $this->auth = $app->make('auth');
            $this->state = ObjectState::of($this->auth, [
                'customCreators', 'customProviderCreators', 'userResolver',
            ]);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        // A guard that was resolved as a service while booting is one of many requests.
        $event->app->forgetInstance('auth.driver');

        $this->state?->restore();
        $this->auth?->forgetGuards();
    }
}
