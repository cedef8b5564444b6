<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Foundation\Http\HtmlDumper;
use Symfony\Component\VarDumper\VarDumper;

/**
 * Dumps values as the application does.
 */
final class RestoreDumper
{
    use RestoresStatics;

    private const STATICS = [
        HtmlDumper::class => ['dumpSourceResolver'],
        VarDumper::class => ['handler'],
    ];
}
