<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Askr\Laravel\Paranoid\Watches\FunctionStatics;
use Askr\Laravel\Paranoid\Watches\GlobalVariables;
use Askr\Laravel\Paranoid\Watches\StaticProperties;
use Illuminate\Contracts\Container\Container;

/**
 * Where everything begins that can outlive a request.
 */
final class Roots
{
    public function __construct(
        private Territory $territory,
        private StaticProperties $properties,
        private FunctionStatics $functions,
        private GlobalVariables $globals,
    ) {
    }

    /**
     * The watched objects that the container keeps, by name.
     *
     * @return array<string, object>
     */
    public function singletons(Moment $moment): array
    {
        return $moment->singletons ??= $this->findSingletons($moment);
    }

    /**
     * The objects and arrays that static and global variables hold, by name.
     *
     * @return array<string, object|array<array-key, mixed>>
     */
    public function statics(Moment $moment): array
    {
        return $moment->statics ??= $this->findStatics();
    }

    /** @return array<string, object|array<array-key, mixed>> */
    private function findStatics(): array
    {
        $statics = [];

        foreach ([$this->properties, $this->functions, $this->globals] as $watch) {
            foreach ($watch->values() as $name => $value) {
                if (is_object($value) || (is_array($value) && $value !== [])) {
                    $statics[$name] = $value;
                }
            }
        }

        return $statics;
    }

    /** @return array<string, object> */
    private function findSingletons(Moment $moment): array
    {
        $singletons = [];

        foreach ($moment->instances() as $object) {
            if ($this->territory->hasClass($object::class) && ! $object instanceof Container && $object !== $moment->request) {
                $singletons[ClassName::of($object)] = $object;
            }
        }

        return $singletons;
    }
}
