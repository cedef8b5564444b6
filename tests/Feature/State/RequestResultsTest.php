<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Tests\TestCase;
use Closure;
use Illuminate\Http\Request;
use Illuminate\Log\Context\Repository;
use Illuminate\Support\Str;
use ReflectionClass;
use PHPUnit\Framework\Attributes\Group;

class RequestResultsTest extends TestCase
{
    #[Group(self::SINCE_LARAVEL_11)]
    public function test_what_is_found_out_once_is_found_out_once_a_request(): void
    {
        $path = fn (): string => once(fn (): string => request()->path());
        $action = fn (): string => $path().' '.$path();

        $this->assertSame(
            ['a a', 'b b', 'a a'],
            $this->bodies(['a' => $action, 'b' => $action], '/a', '/b', '/a'),
        );
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_the_context_of_a_request_is_that_of_the_application_and_its_own(): void
    {
        $this->app->make(Repository::class)->add('release', 'ash');

        $bodies = $this->bodies(['context' => function (Request $request): string {
            $context = $this->app->make(Repository::class);
            $context->add("n{$request->query('n')}", 1);
            $context->addHidden("h{$request->query('n')}", 1);

            return implode(' ', array_keys([...$context->all(), ...$context->allHidden()]));
        }], '/context?n=1', '/context?n=2', '/context?n=3');

        $this->assertSame(['release n1 h1', 'release n2 h2', 'release n3 h3'], $bodies);
    }

    public function test_words_that_were_changed_to_another_case_do_not_pile_up(): void
    {
        $words = fn (): int => array_sum(array_map(count(...), array_intersect_key(
            (new ReflectionClass(Str::class))->getStaticProperties(),
            ['snakeCache' => 1, 'camelCache' => 1, 'studlyCache' => 1],
        )));
        $counts = $this->bodies(['words' => function () use ($words): string {
            $before = $words();

            for ($i = 0; $i < 600; $i++) {
                Str::snake('Word'.Str::random(12));
            }

            return (string) $before;
        }], ...array_fill(0, 6, '/words'));

        $this->assertLessThan(1001, max(array_map(intval(...), $counts)));
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_queries_noted_for_the_page_of_an_exception_do_not_pile_up(): void
    {
        $listener = \Illuminate\Foundation\Exceptions\Renderer\Listener::class;
        $this->app->singleton($listener);
        $this->app->make($listener)->registerListeners($this->app['events']);

        $counts = $this->bodies(['query' => function () use ($listener): string {
            $this->app['db']->connection()->select('select 1');

            return (string) count($this->app->make($listener)->queries());
        }], '/query', '/query', '/query');

        $this->assertSame(['1', '1', '1'], $counts);
    }

    public function test_a_provider_that_a_request_is_the_first_to_need_does_not_pile_up_listeners(): void
    {
        $this->app->addDeferredServices(['late' => LateProvider::class]);
        $count = Closure::bind(fn (): string => (string) count($this->listeners['late'] ?? []), $this->app['events'], $this->app['events']::class);

        $counts = $this->bodies(['late' => fn (): string => $this->app->make('late').$count()], '/late', '/late', '/late');

        $this->assertSame(['late1', 'late1', 'late1'], $counts);
    }
}

class LateProvider extends \Illuminate\Support\ServiceProvider implements \Illuminate\Contracts\Support\DeferrableProvider
{
    public function register(): void
    {
        $this->app->singleton('late', fn (): string => 'late');
        $this->app->make('events')->listen('late', fn () => null);
    }

    /** @return list<string> */
    public function provides(): array
    {
        return ['late'];
    }
}
