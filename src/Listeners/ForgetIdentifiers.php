<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\TemplateForking;
use Ramsey\Uuid\Generator\UnixTimeGenerator;
use ReflectionProperty;
use Symfony\Component\Uid\Ulid;
use Symfony\Component\Uid\UuidV7;

/**
 * Forgets the last identifier that was made out of the time of day.
 *
 * The next one of the same millisecond is counted up from it, which two workers
 * would do alike.
 */
final class ForgetIdentifiers
{
    /** Each has the time of its last identifier in a static property, `time`. */
    private const GENERATORS = [
        Ulid::class,
        UuidV7::class,
        UnixTimeGenerator::class,
    ];

    /** Handle the event. */
    public function handle(TemplateForking $event): void
    {
        foreach (self::GENERATORS as $class) {
            if (class_exists($class, false) && property_exists($class, 'time')) {
                (new ReflectionProperty($class, 'time'))->setValue(null, '');
            }
        }
    }
}
