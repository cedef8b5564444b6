<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Illuminate\Foundation\Application;
use Illuminate\Http\Request;

/**
 * The circumstances of an inspection: the reset is done, and the request has not begun.
 *
 * What is worked out for several watches is kept here, where it ends with the look.
 */
final class Moment
{
    /** @var array<string, object>|null The singletons, once somebody has looked for them. */
    public ?array $singletons = null;

    /** @var array<string, object|array<array-key, mixed>>|null What static and global variables hold, likewise. */
    public ?array $statics = null;

    /** @var array<string, array<array-key, mixed>>|null */
    private ?array $arrays = null;

    /** @var array<string, object>|null */
    private ?array $instances = null;

    /**
     * @param  Request  $request  The one that is about to be handled.
     * @param  int  $requests  How many have ended since the last inspection.
     */
    public function __construct(
        public readonly Application $app,
        public readonly Request $request,
        public readonly int $requests,
    ) {
    }

    /**
     * The container's arrays, by the names of its properties.
     *
     * @return array<string, array<array-key, mixed>>
     */
    public function containerArrays(): array
    {
        return $this->arrays ??= ContainerInside::arrays($this->app);
    }

    /**
     * The objects that the container keeps, by their names.
     *
     * @return array<string, object>
     */
    public function instances(): array
    {
        return $this->instances ??= array_filter($this->containerArrays()['instances'] ?? [], 'is_object');
    }
}
