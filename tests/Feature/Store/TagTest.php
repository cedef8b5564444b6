<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Illuminate\Cache\Events\KeyWritten;

class TagTest extends StoreTestCase
{
    public function test_tagged_entries_end_with_any_of_their_tags(): void
    {
        $this->cache()->tags(['people', 'artists'])->put('john', 1, 60);
        $this->cache()->tags(['people', 'authors'])->put('anne', 2, 60);
        $this->cache()->tags('plants')->forever('ash', 3);
        $this->cache()->put('plain', 4, 60);

        $this->cache()->tags('authors')->flush();

        $this->assertSame(1, $this->cache()->tags(['people', 'artists'])->get('john'));
        $this->assertNull($this->cache()->tags(['people', 'authors'])->get('anne'));

        $this->cache()->tags('people')->flush();

        $this->assertNull($this->cache()->tags(['people', 'artists'])->get('john'));
        $this->assertSame(3, $this->cache()->tags('plants')->get('ash'));
        $this->assertSame(4, $this->cache()->get('plain'));
    }

    public function test_a_tagged_entry_is_another_than_the_one_without_tags(): void
    {
        $this->cache()->tags('a')->put('key', 'tagged', 60);

        $this->assertNull($this->cache()->get('key'));
        $this->assertNull($this->cache()->tags('b')->get('key'));
        $this->assertSame('tagged', $this->cache()->tags('a')->get('key'));
    }

    public function test_whatever_writes_under_tags_ends_with_them(): void
    {
        $tagged = fn () => $this->cache()->tags('t');
        $tagged()->put('put', 1, 60);
        $tagged()->putMany(['many' => 1], 60);
        $tagged()->putMany(['many for ever' => 1]);
        $tagged()->add('added', 1, 60);
        $tagged()->forever('for ever', 1);
        $tagged()->increment('incremented', 2);
        $tagged()->decrement('decremented');
        $tagged()->remember('remembered', 60, fn (): int => 1);
        $keys = ['put', 'many', 'many for ever', 'added', 'for ever', 'incremented', 'decremented', 'remembered'];

        $this->assertSame([1, 1, 1, 1, 1, 2, -1, 1], array_values($tagged()->many($keys)));

        $tagged()->flush();

        $this->assertSame(array_fill(0, 8, null), array_values($tagged()->many($keys)));
    }

    public function test_a_hundred_tags_are_no_more_trouble_than_one(): void
    {
        $names = array_map(fn (int $number): string => "tag {$number}", range(1, 100));

        foreach ($names as $name) {
            $this->cache()->tags($names)->put('key', 1, 60);
            $this->cache()->tags($name)->flush();
            $this->assertNull($this->cache()->tags($names)->get('key'), $name);
        }
    }

    public function test_who_listens_is_told_of_the_tags(): void
    {
        $told = [];
        $this->app->make('events')->listen(KeyWritten::class, function (KeyWritten $event) use (&$told): void {
            $told[] = [$event->key, $event->tags];
        });

        $this->cache()->tags(['a', 'b'])->put('key', 1, 60);

        $this->assertSame([['key', ['a', 'b']]], $told);
    }

    public function test_tags_of_two_prefixes_are_two(): void
    {
        $this->app->make('config')->set('cache.stores.own', ['driver' => 'askr', 'prefix' => 'own:']);
        $this->cache()->tags('t')->put('key', 1, 60);
        $this->cache('own')->tags('t')->put('key', 2, 60);

        $this->cache('own')->tags('t')->flush();

        $this->assertSame(1, $this->cache()->tags('t')->get('key'));
        $this->assertNull($this->cache('own')->tags('t')->get('key'));
    }

    public function test_entries_that_last_can_be_tagged_as_in_any_store(): void
    {
        $this->cache('askr-lasting')->tags('t')->put('key', 1, 60);
        $this->assertSame(1, $this->cache('askr-lasting')->tags('t')->get('key'));

        $this->cache('askr-lasting')->tags('t')->flush();
        $this->assertNull($this->cache('askr-lasting')->tags('t')->get('key'));
    }
}
