<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Illuminate\Contracts\Cache\CanFlushLocks;

// Laravel 13 has a contract for it; to the versions before, it is this package's own.
if (interface_exists(CanFlushLocks::class)) {
    /**
     * A store whose locks can be freed all at once, apart from its entries.
     */
    interface FlushesLocks extends CanFlushLocks
    {
    }
} else {
    /**
     * A store whose locks can be freed all at once, apart from its entries.
     */
    interface FlushesLocks
    {
        /** Free all locks of the store. */
        public function flushLocks(): bool;

        /** Whether locks and entries are kept apart. */
        public function hasSeparateLockStore(): bool;
    }
}
