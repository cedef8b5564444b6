<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Carbon\FactoryImmutable;
use Illuminate\Support\DateFactory;

/**
 * Lets time go on, and makes dates as the application does.
 */
final class RestoreClock
{
    private ClassState $classes;

    private ObjectState $settings;

    public function __construct()
    {
        $this->classes = new ClassState([
            DateFactory::class => ['dateClass', 'callable', 'factory'],
            FactoryImmutable::class => ['currentClock'],
        ]);
        $this->settings = ObjectState::except(FactoryImmutable::getDefaultInstance());
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->classes->restore();
        $this->settings->restore();
    }
}
