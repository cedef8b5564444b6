<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners\Concerns;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;

/**
 * Puts back static properties.
 *
 * The class that uses this lists `STATICS`: properties by the class that declares them.
 */
trait RestoresStatics
{
    private ClassState $state;

    public function __construct()
    {
        $this->state = new ClassState(self::STATICS);
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->state->restore();
    }
}
