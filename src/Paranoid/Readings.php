<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * Remembers readings by name, from one look to the next.
 */
final class Readings
{
    /** So much is remembered at most; what comes after it is not watched. */
    private const NAMES_MAX = 5000;

    /** @var array<string, Reading> */
    private array $last = [];

    private bool $hasSet = false;

    /** What has changed under this name, if it was known; it is known from now on. */
    public function compare(string $name, Reading $now, bool $canSettle = true): ?Change
    {
        $before = $this->last[$name] ?? null;
        $this->remember($name, $now);

        return $before === null || $before->print === $now->print
            ? null
            : new Change($name, $before, $now, $canSettle);
    }

    /** Take a reading for the last one, as if it had been seen. */
    public function remember(string $name, Reading $reading): void
    {
        if (count($this->last) < self::NAMES_MAX || isset($this->last[$name])) {
            $this->last[$name] = $reading;
        }
    }

    /**
     * Compare a whole set with the last: what is new in it has come, what is missing has gone.
     *
     * @param  array<string, Reading>  $now
     * @return list<Change>
     */
    public function compareSet(array $now, bool $canSettle = true): array
    {
        $changes = [];

        foreach ($this->hasSet ? $now + $this->last : [] as $name => $reading) {
            $before = $this->last[$name] ?? Reading::none();
            $after = $now[$name] ?? Reading::none();

            if ($before->print !== $after->print) {
                $changes[] = new Change((string) $name, $before, $after, $canSettle);
            }
        }

        $this->last = array_slice($now, 0, self::NAMES_MAX, true);
        $this->hasSet = true;

        return $changes;
    }
}
