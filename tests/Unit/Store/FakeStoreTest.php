<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Testing\Fakes\FakeStore;

class FakeStoreTest extends SharedStoreTestCase
{
    private ?FakeStore $store = null;

    protected function store(): SharedStore
    {
        return $this->store ??= new FakeStore;
    }
}
