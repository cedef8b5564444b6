<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Support\EncodedHtmlString;
use Illuminate\Support\Number;
use Illuminate\Support\Pluralizer;

/**
 * Writes numbers, words and escaped text as the application does.
 */
final class RestoreFormats
{
    use RestoresStatics;

    private const STATICS = [
        EncodedHtmlString::class => ['encodeUsingFactory'],
        Number::class => ['locale', 'currency'],
        Pluralizer::class => ['inflector', 'language', 'uncountable'],
    ];
}
