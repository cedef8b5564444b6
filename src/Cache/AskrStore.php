<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Space;
use Illuminate\Cache\TaggableStore;
use Illuminate\Cache\TaggedCache;
use Illuminate\Contracts\Cache\LockProvider;

/**
 * The cache driver `askr`: one space of the server's store, under a prefix.
 */
class AskrStore extends TaggableStore implements FlushesLocks, LockProvider
{
    /** More than 30,000 years; what is longer would be too large a number of milliseconds. */
    private const SECONDS_MAX = 10 ** 12;

    /** @var list<string> What every entry that is written is tagged with. */
    private array $tags = [];

    public function __construct(
        private SharedStore $shared,
        private ValueCodec $codec,
        private string $prefix = '',
        private Space $space = Space::Cache,
    ) {
    }

    /** Milliseconds of a number of seconds that is not for ever: one at least. */
    public static function milliseconds(int|float|string $seconds): int
    {
        return (int) max(1, min($seconds, self::SECONDS_MAX) * 1000);
    }

    /** The value of an entry, or null when there is none. */
    public function get($key): mixed
    {
        $value = $this->shared->get($this->prefix.$key, $this->space);

        return is_string($value) ? $this->codec->decode($value) : $value;
    }

    /**
     * The values of several entries, null for those that are not there.
     *
     * @return array<array-key, mixed>
     */
    public function many(array $keys): array
    {
        $stored = array_map(fn (int|string $key): string => $this->prefix.$key, array_values($keys));
        $found = $this->shared->many($stored, $this->space);
        $values = [];

        foreach ($keys as $key) {
            $value = $found[$this->prefix.$key] ?? null;
            $values[$key] = is_string($value) ? $this->codec->decode($value) : $value;
        }

        return $values;
    }

    /** Write an entry that stays for some seconds. */
    public function put($key, $value, $seconds): bool
    {
        return $this->write($key, $value, self::milliseconds($seconds));
    }

    /** Write several entries that stay for some seconds. */
    public function putMany(array $values, $seconds): bool
    {
        $stored = [];

        foreach ($values as $key => $value) {
            $stored[$this->prefix.$key] = $this->codec->encode($value);
        }

        $this->shared->setMany($stored, self::milliseconds($seconds), $this->space, $this->tags);

        return true;
    }

    /** Write an entry that stays for some seconds, unless there is one. */
    public function add($key, $value, $seconds): bool
    {
        return $this->shared->add(
            $this->prefix.$key,
            $this->codec->encode($value),
            self::milliseconds($seconds),
            $this->space,
            $this->tags,
        );
    }

    /** Write an entry that stays. */
    public function forever($key, $value): bool
    {
        return $this->write($key, $value, 0);
    }

    /** Add to a number; false when there is something else. */
    public function increment($key, $value = 1): int|float|false
    {
        if ($this->tags !== []) {
            // What only adding would make has no tags.
            $this->shared->add($this->prefix.$key, 0, 0, $this->space, $this->tags);
        }

        return (new NumberEntry($this->shared, $this->codec, $this->space))->increment($this->prefix.$key, $value + 0);
    }

    /** Subtract from a number; false when there is something else. */
    public function decrement($key, $value = 1): int|float|false
    {
        return $this->increment($key, $value * -1);
    }

    /** Add to a number that stays for some seconds from its first time on. */
    public function incrementFor(string $key, int|float $value, int|float $seconds): int|float
    {
        return $this->shared->increment($this->prefix.$key, $value, self::milliseconds($seconds), $this->space);
    }

    /** For how many milliseconds an entry stays: -1 is for ever, null is no entry. */
    public function remaining(string $key): ?int
    {
        return $this->shared->remaining($this->prefix.$key, $this->space);
    }

    /** Give an entry another time to stay, and say whether there is one. */
    public function touch($key, $seconds): bool
    {
        return $this->shared->touch($this->prefix.$key, self::milliseconds($seconds), $this->space);
    }

    /** Delete an entry, and say whether there was one. */
    public function forget($key): bool
    {
        return $this->shared->delete($this->prefix.$key, $this->space);
    }

    /** Delete all entries of the space; those of other spaces, and locks, stay. */
    public function flush(): bool
    {
        $this->shared->flush($this->space);

        return true;
    }

    /** A lock, which somebody has or not. */
    public function lock($name, $seconds = 0, $owner = null): AskrLock
    {
        return new AskrLock($this->shared, $this->prefix.$name, $seconds, $owner);
    }

    /** The lock that an owner has taken elsewhere. */
    public function restoreLock($name, $owner): AskrLock
    {
        return $this->lock($name, 0, $owner);
    }

    /** Free all locks; the entries of all spaces stay. */
    public function flushLocks(): bool
    {
        $this->shared->flushLocks();

        return true;
    }

    /** Locks have a part of the store to themselves. */
    public function hasSeparateLockStore(): bool
    {
        return true;
    }

    /** A cache whose entries end together: by tags of the store, or outside the cache's space as in any store. */
    public function tags($names): TaggedCache
    {
        $names = is_array($names) ? $names : func_get_args();

        if ($this->space !== Space::Cache) {
            return parent::tags($names);
        }

        $tagged = clone $this;
        $tags = new AskrTagSet($this, $this->shared, array_values($names));
        $tagged->tags = array_map($tags->tagKey(...), $tags->getNames());

        return new AskrTaggedCache($tagged, $tags);
    }

    /** What all keys begin with. */
    public function getPrefix(): string
    {
        return $this->prefix;
    }

    /** Have all keys begin with something else. */
    public function setPrefix(?string $prefix): void
    {
        $this->prefix = (string) $prefix;
    }

    private function write(int|string $key, mixed $value, int $ttlMs): bool
    {
        $this->shared->set($this->prefix.$key, $this->codec->encode($value), $ttlMs, $this->space, $this->tags);

        return true;
    }
}
