<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

use Askr\Laravel\Cache\AskrStore;
use Closure;

/**
 * The cache store `octane` in the server's store: the same, with values that renew themselves.
 *
 * There are no ticks here. Who reads a value that is due has it renewed, one process of
 * all, while the others are given the one before.
 */
class OctaneStore extends AskrStore
{
    /** @var array<string, array{Closure, int|float}> */
    private array $intervals = [];

    /** Have a value computed, and again when it is that many seconds old. */
    public function interval(string $key, Closure $resolver, int|float $seconds): void
    {
        $this->intervals[$key] = [$resolver, $seconds];
    }

    /** The value of an entry, or null when there is none. */
    public function get($key): mixed
    {
        $value = parent::get($key);

        if (! isset($this->intervals[$key])) {
            return $value;
        }

        [$resolver, $seconds] = $this->intervals[$key];

        if ($this->add("interval:{$key}", 1, $seconds) || $value === null) {
            $value = $resolver();
            $this->forever($key, $value);
        }

        return $value;
    }
}
