<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners\Concerns;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Foundation\Application;

/**
 * Puts back properties of services that were resolved while booting.
 *
 * A service that a request is the first to resolve ends with the request, and is
 * not looked at. The class that uses this lists `SERVICES`: properties by service.
 */
trait RestoresServices
{
    /** @var list<ObjectState> */
    private array $states = [];

    public function __construct(Application $app)
    {
        foreach (self::SERVICES as $service => $properties) {
            if ($app->isShared($service) && $app->resolved($service)) {
                $this->states[] = ObjectState::of($app->make($service), $properties);
            }
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->states as $state) {
            $state->restore();
        }
    }
}
