<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Testing\Fakes\FakeStore;
use Askr\Laravel\Tests\TestCase;
use Illuminate\Contracts\Cache\Repository;

/**
 * An application whose server's store is a fake.
 */
abstract class StoreTestCase extends TestCase
{
    protected FakeStore $shared;

    protected function setUp(): void
    {
        parent::setUp();

        $this->app->instance(SharedStore::class, $this->shared = new FakeStore);
    }

    protected function cache(string $name = 'askr'): Repository
    {
        return $this->app->make('cache')->store($name);
    }
}
