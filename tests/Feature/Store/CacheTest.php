<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Store\Space;
use Askr\Laravel\StoreServiceProvider;
use Illuminate\Cache\Events\CacheMissed;
use Illuminate\Cache\Events\KeyWritten;
use Illuminate\Contracts\Cache\CanFlushLocks;
use Illuminate\Contracts\Cache\LockProvider;
use Illuminate\Support\Facades\Event;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\Attributes\Group;
use stdClass;

class CacheTest extends StoreTestCase
{
    #[DataProvider('values')]
    public function test_a_value_is_what_it_was(mixed $value): void
    {
        $this->cache()->put('key', $value, 60);

        $this->assertEquals($value, $this->cache()->get('key'));
        $this->assertSame(get_debug_type($value), get_debug_type($this->cache()->get('key')));
    }

    /** @return array<string, array{mixed}> */
    public static function values(): array
    {
        return [
            'text' => ['some text'],
            'empty text' => [''],
            'text that looks like a number' => ['0042'],
            'text that looks serialised' => ['i:5;'],
            'an integer' => [-7],
            'a float' => [0.1],
            'a float without end' => [INF],
            'false' => [false],
            'true' => [true],
            'a list' => [[1, 'two', null]],
            'an object' => [(object) ['a' => [1, 2]]],
        ];
    }

    public function test_numbers_are_kept_as_numbers_and_all_else_is_serialised(): void
    {
        $prefix = $this->cache()->getStore()->getPrefix();

        $this->cache()->putMany(['integer' => 5, 'float' => 2.5, 'text' => 'five'], 60);

        $this->assertSame(5, $this->shared->get("{$prefix}integer", Space::Cache));
        $this->assertSame(2.5, $this->shared->get("{$prefix}float", Space::Cache));
        $this->assertIsString($this->shared->get("{$prefix}text", Space::Cache));
    }

    public function test_an_entry_ends_with_its_time(): void
    {
        $this->freezeTime();
        $this->cache()->put('short', 1, 10);
        $this->cache()->forever('long', 1);
        $this->cache()->putMany(['a' => 1, 'b' => 2], 20);

        $this->travel(10)->seconds();
        $this->assertFalse($this->cache()->has('short'));
        $this->assertTrue($this->cache()->has('a'));

        $this->travel(10)->years();
        $this->assertTrue($this->cache()->has('long'));
        $this->assertFalse($this->cache()->has('b'));
    }

    public function test_many_are_read_by_their_names(): void
    {
        $this->cache()->put('7', 'seven', 60);
        $this->cache()->put('a', 'A', 60);

        $this->assertSame(['a' => 'A', 'none' => null, 7 => 'seven'], $this->cache()->many(['a', 'none', '7']));
        $this->assertSame(['a' => 'A', 'none' => 'else'], $this->cache()->getMultiple(['a', 'none'], 'else') + []);
        $this->assertSame([], $this->cache()->getStore()->many([]));
    }

    public function test_adding_writes_only_where_nothing_is(): void
    {
        $this->assertTrue($this->cache()->add('key', 'first', 60));
        $this->assertFalse($this->cache()->add('key', 'second', 60));
        $this->assertSame('first', $this->cache()->get('key'));

        $this->assertTrue($this->cache()->forget('key'));
        $this->assertFalse($this->cache()->forget('key'));
        $this->assertTrue($this->cache()->add('key', 'third', 60));
    }

    public function test_numbers_are_added_to(): void
    {
        $this->assertSame(1, $this->cache()->increment('new'));
        $this->assertSame(11, $this->cache()->increment('new', 10));
        $this->assertSame(9, $this->cache()->decrement('new', 2));
        $this->assertSame(9.5, $this->cache()->increment('new', 0.5));
    }

    public function test_text_that_looks_like_a_number_is_added_to_and_keeps_its_time(): void
    {
        $this->freezeTime();
        $this->cache()->put('text', '41', 60);

        $this->assertSame(42, $this->cache()->increment('text'));
        $this->assertSame(60_000, $this->cache()->getStore()->remaining('text'));

        $this->cache()->put('word', 'forty', 60);
        $this->assertFalse($this->cache()->increment('word'));
        $this->assertSame('forty', $this->cache()->get('word'));
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_an_entry_is_given_another_time(): void
    {
        $this->freezeTime();
        $this->cache()->put('key', 'value', 10);

        $this->assertTrue($this->cache()->touch('key', 100));
        $this->assertFalse($this->cache()->touch('none', 100));

        $this->travel(99)->seconds();
        $this->assertSame('value', $this->cache()->get('key'));
    }

    public function test_flushing_one_space_leaves_the_others_and_the_locks(): void
    {
        $this->cache()->forever('key', 1);
        $this->cache('askr-lasting')->forever('key', 2);
        $this->cache()->lock('lock')->get();

        $this->assertTrue($this->cache()->clear());

        $this->assertNull($this->cache()->get('key'));
        $this->assertSame(2, $this->cache('askr-lasting')->get('key'));
        $this->assertFalse($this->cache()->lock('lock')->get());
    }

    public function test_a_value_is_computed_once(): void
    {
        $calls = 0;
        $compute = function () use (&$calls): int {
            return ++$calls;
        };

        $this->assertSame([1, 1], [$this->cache()->remember('a', 60, $compute), $this->cache()->remember('a', 60, $compute)]);
        $this->assertSame([2, 2], [$this->cache()->rememberForever('b', $compute), $this->cache()->sear('b', $compute)]);
        $this->assertSame(1, $this->cache()->pull('a'));
        $this->assertFalse($this->cache()->has('a'));
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_a_flexible_value_is_served_stale_and_computed_afterwards(): void
    {
        $this->freezeTime();
        $calls = 0;
        $read = function () use (&$calls): int {
            return $this->cache()->flexible('key', [10, 60], function () use (&$calls): int {
                return ++$calls;
            });
        };

        $this->assertSame(1, $read());
        $this->travel(11)->seconds();
        $this->assertSame(1, $read());
        \Illuminate\Support\defer()->invoke();
        $this->assertSame(2, $read());
    }

    public function test_only_classes_that_are_allowed_are_made(): void
    {
        $this->app->make('config')->set('cache.serializable_classes', [stdClass::class]);
        $this->cache()->put('allowed', new stdClass, 60);
        $this->cache()->put('other', new \ArrayObject([1]), 60);

        $this->assertInstanceOf(stdClass::class, $this->cache()->get('allowed'));
        $this->assertInstanceOf(\__PHP_Incomplete_Class::class, $this->cache()->get('other'));
        $this->assertInstanceOf(\__PHP_Incomplete_Class::class, $this->cache()->many(['other'])['other']);
    }

    public function test_who_listens_is_told_and_a_fake_of_everything(): void
    {
        $told = [];
        $this->app->make('events')->listen(KeyWritten::class, function (KeyWritten $event) use (&$told): void {
            $told[] = $event->key;
        });
        $this->cache()->put('listened', 1, 60);
        $this->assertSame(['listened'], $told);

        $this->app->make('events')->listen('Illuminate\\Cache\\Events\\*', function (string $name) use (&$told): void {
            $told[] = class_basename($name);
        });
        $this->cache()->get('listened');
        $this->assertContains('CacheHit', $told);

        Event::fake();
        $this->app->make('cache')->purge('askr');
        $this->cache()->get('none');
        Event::assertDispatched(CacheMissed::class);

        $this->app->make('config')->set('cache.stores.silent', ['driver' => 'askr', 'events' => false]);
        $this->assertNull($this->cache('silent')->getEventDispatcher());
    }

    public function test_the_prefix_is_that_of_the_cache_or_of_the_entry(): void
    {
        $config = $this->app->make('config');
        $config->set('cache.prefix', 'app:');
        $config->set('cache.stores.own', ['driver' => 'askr', 'prefix' => 'own:']);

        $this->cache()->forever('key', 1);
        $this->cache('own')->forever('key', 2);

        $this->assertSame(1, $this->shared->get('app:key', Space::Cache));
        $this->assertSame(2, $this->shared->get('own:key', Space::Cache));
    }

    public function test_an_entry_of_the_application_wins_over_the_packages(): void
    {
        $config = $this->app->make('config');
        $config->set('cache.stores', ['askr' => ['driver' => 'array']]);
        (new StoreServiceProvider($this->app))->register();

        $this->assertSame(['driver' => 'array'], $config->get('cache.stores.askr'));
        $this->assertSame('counters', $config->get('cache.stores.askr-lasting.space'));
    }

    #[Group(self::SINCE_LARAVEL_13)]
    public function test_locks_are_flushed_apart_from_entries(): void
    {
        $this->assertInstanceOf(CanFlushLocks::class, $this->cache()->getStore());
        $this->assertInstanceOf(LockProvider::class, $this->cache()->getStore());

        $this->cache()->forever('key', 1);
        $this->cache()->lock('lock')->get();

        $this->assertTrue($this->cache()->flushLocks());
        $this->assertSame(1, $this->cache()->get('key'));
        $this->assertTrue($this->cache()->lock('lock')->get());
    }
}
