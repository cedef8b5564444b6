<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresServices;
use Illuminate\Contracts\Pipeline\Hub;

/**
 * Forgets the pipelines that a request defined.
 */
final class RestorePipelines
{
    use RestoresServices;

    private const SERVICES = [
        Hub::class => ['pipelines'],
    ];
}
