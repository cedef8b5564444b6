<?php

declare(strict_types=1);

namespace Askr\Laravel\Session;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Fallback;
use Illuminate\Cache\CacheManager;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Session\CacheBasedSessionHandler;
use SessionHandlerInterface;

/**
 * Makes the handler of the session driver `askr`.
 */
class SessionHandlerFactory
{
    public function __construct(
        private CacheManager $cache,
        private SharedStore $shared,
        private Repository $config,
        private Fallback $fallback,
    ) {
    }

    /** The handler, or one of the store to use in place of the server's. */
    public function make(): SessionHandlerInterface
    {
        $minutes = (int) $this->config->get('session.lifetime');
        $fallback = $this->fallback->whenUnavailable();

        return $fallback === null
            ? new AskrSessionHandler($this->shared, $minutes, (string) $this->config->get('session.prefix'))
            : new CacheBasedSessionHandler(clone $this->cache->store($fallback), $minutes);
    }
}
