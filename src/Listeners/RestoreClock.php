<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Carbon\Carbon;
use Carbon\CarbonImmutable;
use Carbon\FactoryImmutable;
use Illuminate\Support\DateFactory;

/**
 * Lets time go on, and makes dates as the application does.
 */
final class RestoreClock
{
    /** What Carbon kept in its classes before it had factories. */
    private const CARBON_2 = [
        'formatFunction', 'globalGenericMacros', 'globalMacros', 'humanDiffOptions', 'midDayAt', 'monthsOverflow',
        'serializer', 'strictModeEnabled', 'testDefaultTimezone', 'testNow', 'toStringFormat', 'translator',
        'utf8', 'weekendDays', 'weekEndsAt', 'weekStartsAt', 'yearsOverflow',
    ];

    private ClassState $classes;

    private ?ObjectState $settings;

    public function __construct()
    {
        $this->classes = new ClassState([
            DateFactory::class => ['dateClass', 'callable', 'factory'],
            FactoryImmutable::class => ['currentClock'],
            Carbon::class => self::CARBON_2,
            CarbonImmutable::class => self::CARBON_2,
        ]);
        $this->settings = method_exists(FactoryImmutable::class, 'getDefaultInstance')
            ? ObjectState::except(FactoryImmutable::getDefaultInstance())
            : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->classes->restore();
        $this->settings?->restore();
    }
}
