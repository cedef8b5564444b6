<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Watch;

/**
 * Memory that grows and never shrinks again.
 *
 * One request's memory says nothing: caches fill and garbage waits for its
 * collector. So the least of a window of looks is compared with the next window's.
 */
final class MemoryInUse implements Watch
{
    private const LOOKS_PER_WINDOW = 50;

    /** So many windows in a row must each need more than the one before. */
    private const RISES = 4;

    private const RISE_BYTES_MIN = 16 << 10;

    private int $looks = 0;

    private int $least = PHP_INT_MAX;

    /** @var list<int> The least of each window, since memory began to rise. */
    private array $windows = [];

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        return $this->note(memory_get_usage());
    }

    /**
     * Note how much memory is in use.
     *
     * @return list<Change>
     */
    public function note(int $bytes): array
    {
        $this->least = min($this->least, $bytes);

        if (++$this->looks < self::LOOKS_PER_WINDOW) {
            return [];
        }

        $least = $this->least;
        $this->looks = 0;
        $this->least = PHP_INT_MAX;

        return $this->closeWindow($least);
    }

    /** @return list<Change> */
    private function closeWindow(int $least): array
    {
        $isRise = $this->windows === [] || $least >= end($this->windows) + self::RISE_BYTES_MIN;
        $this->windows = $isRise ? [...$this->windows, $least] : [$least];

        if (count($this->windows) <= self::RISES) {
            return [];
        }

        $before = $this->windows[0];
        $this->windows = [$least];

        return [new Change(
            'memory',
            Reading::bytes($before),
            Reading::bytes($least),
            patience: 2 * self::RISES * self::LOOKS_PER_WINDOW,
            hasCulprit: false,
        )];
    }
}
