<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Closure;
use stdClass;

class ContainerStateTest extends TestCase
{
    public function test_a_scoped_instance_lives_for_one_request(): void
    {
        $this->app->scoped('visit', fn (): stdClass => (object) ['number' => 0]);
        $this->app->make('visit')->number = 41;

        $this->assertSame(['1 2', '1 2', '1 2'], $this->bodies(['/count' => $this->countTwice('visit')], ...$this->thrice()));
    }

    public function test_a_singleton_first_wanted_by_a_request_lives_for_that_request(): void
    {
        $this->app->singleton('late', fn (): stdClass => (object) ['number' => 0]);

        $this->assertSame(['1 2', '1 2', '1 2'], $this->bodies(['/count' => $this->countTwice('late')], ...$this->thrice()));
    }

    public function test_a_singleton_resolved_while_booting_is_kept(): void
    {
        $this->app->singleton('early', fn (): stdClass => (object) ['number' => 0]);
        $this->app->make('early');

        $this->assertSame(['1 2', '3 4', '5 6'], $this->bodies(['/count' => $this->countTwice('early')], ...$this->thrice()));
    }

    public function test_what_a_request_binds_is_gone_with_it(): void
    {
        $bodies = $this->bodies(['/count' => function (): string {
            $before = $this->app->bound('guest') ? 'bound' : 'free';
            $this->app->instance('guest', new stdClass);

            return $before;
        }], ...$this->thrice());

        $this->assertSame(['free', 'free', 'free'], $bodies);
    }

    public function test_what_a_request_wants_done_at_its_end_is_done_once(): void
    {
        $done = 0;

        $this->serve(['/count' => function () use (&$done): string {
            $this->app->terminating(function () use (&$done): void {
                $done++;
            });

            return 'ok';
        }], ...$this->thrice());

        $this->assertSame(3, $done);
    }

    public function test_guards_made_for_every_request_do_not_pile_up_in_the_container(): void
    {
        $count = fn (): int => count(
            Closure::bind(fn (): array => $this->reboundCallbacks['request'] ?? [], $this->app, $this->app::class)()
        );

        $bodies = $this->bodies(['/count' => function () use ($count): string {
            $this->app->make('auth')->guard()->check();

            return (string) $count();
        }], ...$this->thrice());

        $this->assertCount(1, array_unique($bodies));
    }

    public function test_a_facade_gives_what_the_container_gives(): void
    {
        $this->app->singleton('late', fn (): stdClass => new stdClass);
        $facade = new class extends \Illuminate\Support\Facades\Facade
        {
            protected static function getFacadeAccessor(): string
            {
                return 'late';
            }
        };

        $bodies = $this->bodies(['/count' => fn (): string => $facade::getFacadeRoot() === $this->app->make('late')
            ? 'the same'
            : 'another',
        ], ...$this->thrice());

        $this->assertSame(['the same', 'the same', 'the same'], $bodies);
    }

    /** @return list<string> */
    private function thrice(): array
    {
        return ['/count', '/count', '/count'];
    }

    private function countTwice(string $service): Closure
    {
        return fn (): string => ++$this->app->make($service)->number.' '.++$this->app->make($service)->number;
    }
}
