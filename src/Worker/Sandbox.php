<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Closure;
use Illuminate\Container\Container;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Support\Facades\Facade;
use ReflectionProperty;

/**
 * Gives every request the container as it was after booting.
 *
 * The application itself is not cloned: what it was given to while booting keeps
 * the right one, and nothing has to be told about a new one. Instead its arrays of
 * bindings, instances and callbacks are put back to what they were. They are
 * shared until somebody writes to them, so that this costs one assignment each,
 * and what a request bound, resolved, extended or wanted to be called for is gone.
 */
class Sandbox
{
    /** @var array<string, mixed> */
    private array $booted;

    /** @var Closure(array<string, mixed>): void */
    private Closure $restore;

    public function __construct(private Container&Application $app)
    {
        // An instance that lives for one request must not be part of every request.
        $app->forgetScopedInstances();

        $this->booted = $this->stateOf($app);
        $this->restore = Closure::bind(function (array $state): void {
            foreach ($state as $property => $value) {
                $this->{$property} = $value;
            }
        }, $app, $app::class);
    }

    /** Put the container back, and make it the current one. */
    public function renew(): void
    {
        ($this->restore)($this->booted);

        Container::setInstance($this->app);
        Facade::clearResolvedInstances();
        Facade::setFacadeApplication($this->app);
    }

    /**
     * The properties of the application that can change.
     *
     * @return array<string, mixed>
     */
    private function stateOf(Container $app): array
    {
        $properties = Closure::bind(fn (): array => get_object_vars($this), $app, $app::class)();

        return array_filter(
            $properties,
            fn (string $name): bool => ! (new ReflectionProperty($app, $name))->isReadOnly(),
            ARRAY_FILTER_USE_KEY,
        );
    }
}
