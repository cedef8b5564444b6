<?php

declare(strict_types=1);

namespace Askr\Laravel\Store;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreUnavailable;
use Illuminate\Contracts\Config\Repository;

/**
 * Knows which cache store to use where there is no server.
 *
 * It is asked when a driver is made, not with each call: a process that has begun with
 * one store must not see half of its values in another.
 */
class Fallback
{
    private ?bool $isAvailable = null;

    public function __construct(private SharedStore $shared, private Repository $config)
    {
    }

    /**
     * The name of that store; null where the server is there, or no store is named.
     *
     * @param  string|null  $own  The name that an entry of `config/cache.php` has for itself.
     */
    public function whenUnavailable(?string $own = null): ?string
    {
        $name = (string) ($own ?? $this->config->get('askr.store.fallback'));

        return $name === '' || $this->isAvailable() ? null : $name;
    }

    private function isAvailable(): bool
    {
        return $this->isAvailable ??= $this->look();
    }

    private function look(): bool
    {
        try {
            $this->shared->statistics();

            return true;
        } catch (StoreUnavailable) {
            return false;
        }
    }
}
