<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreUnavailable;
use Askr\Laravel\Session\AskrSessionHandler;
use Askr\Laravel\Store\Space;
use Askr\Laravel\StoreServiceProvider;
use Askr\Laravel\Testing\Fakes\FakeStore;
use Illuminate\Session\CacheBasedSessionHandler;

class SessionTest extends StoreTestCase
{
    public function test_a_session_is_there_for_its_next_request_and_no_other_visitors(): void
    {
        $session = $this->app->make('session')->driver('askr');
        $session->start();
        $session->put('name', 'ash');
        $session->save();
        $id = $session->getId();

        $session->setId(str_repeat('b', 40));
        $session->flush();
        $session->start();
        $this->assertNull($session->get('name'));

        $session->setId($id);
        $session->start();
        $this->assertSame('ash', $session->get('name'));
    }

    public function test_a_session_lies_apart_from_the_cache_and_is_not_serialised_twice(): void
    {
        $handler = $this->handler();
        $handler->write('id', 'a:0:{}');
        $this->cache()->clear();

        $this->assertSame('a:0:{}', $this->shared->get('id', Space::Sessions));
        $this->assertSame('a:0:{}', $handler->read('id'));
        $this->assertSame('', $handler->read('other'));
    }

    public function test_a_session_ends_with_its_lifetime_and_when_it_is_destroyed(): void
    {
        $this->freezeTime();
        $handler = $this->handler();
        $handler->write('left', 'x');
        $handler->write('logged out', 'x');

        $this->assertTrue($handler->destroy('logged out'));
        $this->assertSame('', $handler->read('logged out'));

        $this->travel(config('session.lifetime') * 60 - 1)->seconds();
        $this->assertSame('x', $handler->read('left'));
        $this->travel(1)->seconds();
        $this->assertSame('', $handler->read('left'));
        $this->assertSame(0, $handler->gc(1));
    }

    public function test_sessions_are_locked_where_they_are(): void
    {
        $config = $this->app->make('config');
        $this->assertNull($config->get('session.block_store'));

        $config->set('session.driver', 'askr');
        (new StoreServiceProvider($this->app))->register();
        $this->assertSame('askr', $config->get('session.block_store'));

        $config->set('session.block_store', 'redis');
        (new StoreServiceProvider($this->app))->register();
        $this->assertSame('redis', $config->get('session.block_store'));
    }

    public function test_without_a_server_sessions_are_kept_in_the_store_that_is_named(): void
    {
        $this->app->instance(SharedStore::class, new class extends FakeStore
        {
            public function statistics(): array
            {
                throw StoreUnavailable::at(['/run/askr/a.store.sock']);
            }
        });
        $this->app->make('config')->set('askr.store.fallback', 'array');

        $handler = $this->handler();

        $this->assertInstanceOf(CacheBasedSessionHandler::class, $handler);
        $handler->write('id', 'data');
        $this->assertSame('data', $handler->read('id'));
        $this->assertSame([], array_filter(array_column($this->shared->statistics(), 'entries')));
    }

    private function handler(): AskrSessionHandler|CacheBasedSessionHandler
    {
        return $this->app->make('session')->driver('askr')->getHandler();
    }
}
