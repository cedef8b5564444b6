<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Support\Lottery;
use Illuminate\Support\Sleep;
use Illuminate\Support\Str;

/**
 * Ends the fakes: frozen identifiers, fixed lotteries, sleeps that do not sleep.
 */
final class RestoreGenerators
{
    use RestoresStatics;

    private const STATICS = [
        Str::class => ['uuidFactory', 'ulidFactory', 'randomStringFactory'],
        Lottery::class => ['resultFactory'],
        Sleep::class => ['fakeSleepCallbacks', 'syncWithCarbon', 'fake', 'sequence'],
    ];
}
