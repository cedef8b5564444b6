<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Http\Resources\Json\JsonResource;
use Illuminate\Http\Resources\JsonApi\JsonApiResource;

/**
 * Wraps resources as the application does.
 */
final class RestoreResources
{
    use RestoresStatics;

    private const STATICS = [
        JsonResource::class => ['wrap', 'forceWrapping'],
        JsonApiResource::class => ['wrap', 'jsonApiInformation', 'maxRelationshipDepth'],
    ];
}
