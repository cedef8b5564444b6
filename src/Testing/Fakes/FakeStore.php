<?php

declare(strict_types=1);

namespace Askr\Laravel\Testing\Fakes;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreRefused;
use Askr\Laravel\Store\Space;
use Illuminate\Support\Carbon;
use Illuminate\Support\Sleep;

/**
 * Stands in for the store of a server, in the memory of the test; time is that of Carbon.
 */
class FakeStore implements SharedStore
{
    /** @var array<string, array<array-key, array{value: string|int|float, until: ?int, tags: array<string, int>}>> */
    private array $entries = [];

    /** @var array<string, array{owner: string, until: ?int}> */
    private array $locks = [];

    /** @var array<string, int> How often each tag was forgotten. */
    private array $tags = [];

    /** @var list<string> Locks that were taken until the process dies. */
    public array $endWithProcess = [];

    /** The value of an entry, or null when there is none. */
    public function get(string $key, Space $space): string|int|float|null
    {
        return $this->find($key, $space)['value'] ?? null;
    }

    /** The values of several entries, null for those that are not there. */
    public function many(array $keys, Space $space): array
    {
        return array_combine($keys, array_map(fn (string $key) => $this->get($key, $space), $keys));
    }

    /** Write an entry, over one that is there. */
    public function set(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): void
    {
        $this->entries[$space->value][$key] = [
            'value' => $value,
            'until' => $this->until($ttlMs),
            'tags' => array_intersect_key($this->tags + array_fill_keys($tags, 0), array_flip($tags)),
        ];
    }

    /** Write several entries. */
    public function setMany(array $values, int $ttlMs, Space $space, array $tags = []): void
    {
        foreach ($values as $key => $value) {
            $this->set((string) $key, $value, $ttlMs, $space, $tags);
        }
    }

    /** Write an entry unless there is one, and say whether it was written. */
    public function add(string $key, string|int|float $value, int $ttlMs, Space $space, array $tags = []): bool
    {
        if ($this->find($key, $space) !== null) {
            return false;
        }

        $this->set($key, $value, $ttlMs, $space, $tags);

        return true;
    }

    /** Write an entry if it holds what is expected, and say whether it was written. */
    public function replace(string $key, string|int|float $expected, string|int|float $value, int $ttlMs, Space $space): bool
    {
        if ($this->get($key, $space) !== $expected) {
            return false;
        }

        $this->set($key, $value, $ttlMs, $space);

        return true;
    }

    /**
     * Add to a number, and give the sum.
     *
     * @throws StoreRefused
     */
    public function increment(string $key, int|float $by, int $ttlMs, Space $space): int|float
    {
        $entry = $this->find($key, $space);

        if ($entry === null) {
            $this->set($key, $by, $ttlMs, $space);

            return $by;
        }

        if (is_string($entry['value'])) {
            throw StoreRefused::because('ERR the value is not a number');
        }

        return $this->entries[$space->value][$key]['value'] = $entry['value'] + $by;
    }

    /** Give an entry another time to stay, and say whether there is one. */
    public function touch(string $key, int $ttlMs, Space $space): bool
    {
        if ($this->find($key, $space) === null) {
            return false;
        }

        $this->entries[$space->value][$key]['until'] = $this->until($ttlMs);

        return true;
    }

    /** For how many milliseconds an entry stays: -1 is for ever, null is no entry. */
    public function remaining(string $key, Space $space): ?int
    {
        $entry = $this->find($key, $space);

        return match (true) {
            $entry === null => null,
            $entry['until'] === null => -1,
            default => $entry['until'] - $this->now(),
        };
    }

    /** Delete an entry, and say whether there was one. */
    public function delete(string $key, Space $space): bool
    {
        $found = $this->find($key, $space) !== null;
        unset($this->entries[$space->value][$key]);

        return $found;
    }

    /** Delete all entries of a space. */
    public function flush(Space $space): void
    {
        unset($this->entries[$space->value]);
    }

    /** End all entries of the cache that have a tag. */
    public function forgetTag(string $tag): void
    {
        $this->tags[$tag] = ($this->tags[$tag] ?? 0) + 1;
    }

    /** Take a lock, if nobody has it, or if its time is over after the wait. */
    public function acquireLock(string $key, string $owner, int $ttlMs, int $waitMs = 0, bool $untilDeath = false): bool
    {
        if ($this->lockOwner($key) !== null) {
            Sleep::usleep($waitMs * 1000);
        }

        if ($this->lockOwner($key) !== null) {
            return false;
        }

        $this->locks[$key] = ['owner' => $owner, 'until' => $this->until($ttlMs)];
        $this->endWithProcess = [...$this->endWithProcess, ...($untilDeath ? [$key] : [])];

        return true;
    }

    /** Give a lock back, and say whether this owner had it. */
    public function releaseLock(string $key, string $owner): bool
    {
        return $this->lockOwner($key) === $owner && $this->forceReleaseLock($key);
    }

    /** Give a lock another time to stay, and say whether this owner has it. */
    public function refreshLock(string $key, string $owner, int $ttlMs): bool
    {
        if ($this->lockOwner($key) !== $owner) {
            return false;
        }

        $this->locks[$key]['until'] = $this->until($ttlMs);

        return true;
    }

    /** Who has a lock, or null when nobody does. */
    public function lockOwner(string $key): ?string
    {
        $lock = $this->locks[$key] ?? null;

        return $lock === null || $this->isOver($lock['until']) ? null : $lock['owner'];
    }

    /** Free a lock, whoever has it, and say whether somebody had. */
    public function forceReleaseLock(string $key): bool
    {
        $found = $this->lockOwner($key) !== null;
        unset($this->locks[$key]);

        return $found;
    }

    /** Free all locks. */
    public function flushLocks(): void
    {
        $this->locks = [];
    }

    /** How many entries each part has; a fake is not bound to its capacity. */
    public function statistics(): array
    {
        $figures = fn (array $entries): array => ['entries' => count($entries), 'bytes' => strlen(serialize($entries)), 'capacity' => 1 << 24];
        $parts = array_column(Space::cases(), 'value');

        return array_map($figures, array_replace(array_fill_keys($parts, []), $this->entries, ['locks' => $this->locks]));
    }

    /** @return null|array{value: string|int|float, until: ?int, tags: array<string, int>} */
    private function find(string $key, Space $space): ?array
    {
        $entry = $this->entries[$space->value][$key] ?? null;

        if ($entry === null || $this->isOver($entry['until'])) {
            return null;
        }

        $forgotten = array_filter(
            $entry['tags'],
            fn (int $version, string|int $tag): bool => ($this->tags[$tag] ?? 0) !== $version,
            ARRAY_FILTER_USE_BOTH,
        );

        return $forgotten === [] ? $entry : null;
    }

    private function until(int $ttlMs): ?int
    {
        return $ttlMs === 0 ? null : $this->now() + $ttlMs;
    }

    private function isOver(?int $until): bool
    {
        return $until !== null && $until <= $this->now();
    }

    private function now(): int
    {
        return (int) Carbon::now()->getPreciseTimestamp(3);
    }
}
