<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Tests\TestCase;
use Closure;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use ReflectionProperty;

/**
 * Three requests on one worker: one looks, one changes something, one looks again.
 */
abstract class StateTestCase extends TestCase
{
    /**
     * Assert that a change is gone with its request, and that it is the listener that sees to it.
     *
     * @param  class-string  $listener
     * @param  Closure(Application): mixed  $look
     * @param  Closure(Application): mixed  $change
     * @param  null|Closure(Application): mixed  $boot  What the application does while it boots.
     */
    protected function assertRestoredBy(string $listener, Closure $look, Closure $change, ?Closure $boot = null): void
    {
        [$before, $changed, $after] = $this->look($look, $change, $boot);

        $this->assertNotSame($before, $changed, 'The request changes nothing that can be seen.');
        $this->assertSame($before, $after);

        $this->refreshApplication();
        [$before, , $after] = $this->look($look, $change, $boot, $listener);

        $this->assertNotSame($before, $after, "It ends by itself: {$listener} is not needed for it.");
    }

    /**
     * @param  null|class-string  $without
     * @return list<string>
     */
    protected function look(Closure $look, Closure $change, ?Closure $boot = null, ?string $without = null): array
    {
        $app = $this->app;
        $boot === null ?: $boot($app);
        $listener = $without === null ? null : $this->withoutListener($without);

        try {
            return $this->bodies([
                'look' => fn (): string => $this->show($look($app)),
                'change' => function () use ($app, $look, $change): string {
                    $change($app);

                    return $this->show($look($app));
                },
            ], '/look', '/change', '/look');
        } finally {
            // What is static would be there for the tests to come.
            $listener?->handle(new RequestReceived($app, new Request));
        }
    }

    /** Make a listener, as a worker would, and take it out of the configuration. */
    private function withoutListener(string $class): object
    {
        $config = $this->app->make('config');
        $listeners = $config->get('askr.listeners');
        $listeners[RequestReceived::class] = array_diff($listeners[RequestReceived::class], [$class]);
        $config->set('askr.listeners', $listeners);

        return $this->app->make($class);
    }

    /** What a property holds that has no accessor. */
    protected static function property(object|string $of, string $name): mixed
    {
        return (new ReflectionProperty($of, $name))->getValue(is_object($of) ? $of : null);
    }

    private function show(mixed $state): string
    {
        return json_encode($state, JSON_THROW_ON_ERROR | JSON_PARTIAL_OUTPUT_ON_ERROR);
    }
}
