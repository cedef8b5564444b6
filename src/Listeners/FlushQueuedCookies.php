<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Illuminate\Contracts\Cookie\QueueingFactory;
use Illuminate\Contracts\Foundation\Application;

/**
 * Drops the cookies that were queued and never sent.
 */
final class FlushQueuedCookies
{
    private ?QueueingFactory $cookies;

    public function __construct(Application $app)
    {
        $this->cookies = $app->resolved('cookie') ? $app->make('cookie') : null;
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->cookies?->flushQueuedCookies();
    }
}
