<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

use Askr\Laravel\Exceptions\TrialFailed;

/**
 * What a trial has shown.
 */
final class Outcome
{
    private bool $isWatched = false;

    private bool $hasFineVisit = false;

    private int $bleeds = 0;

    private int $settled = 0;

    /** First reports that no summary has counted yet: that of a worker that died never comes. */
    private int $uncounted = 0;

    /** @var array<string, array<string, int>> How often each visit of each target ended how. */
    private array $visits = [];

    /** Take an entry of the watch. */
    public function hear(string $entry): void
    {
        if (preg_match('/^\[askr paranoid\] summary: \d+ requests, (\d+) possible bleeds?, (\d+) settled/', $entry, $counts) === 1) {
            $this->bleeds += (int) $counts[1];
            $this->settled += (int) $counts[2];
            $this->uncounted = 0;

            return;
        }

        $this->isWatched = match (true) {
            str_contains($entry, '] baseline set after ') => true,
            str_contains($entry, '] stopped watching: ') => false,
            default => $this->isWatched,
        };
        $this->uncounted += (int) (preg_match('/^\[askr paranoid\] request #\d+ — state changed after reset/', $entry) === 1);
    }

    /** Take how a visit has ended. */
    public function note(Target $target, Visit $visit): void
    {
        $this->hasFineVisit = $this->hasFineVisit || $visit->isFine();
        $counts = &$this->visits[$target->toString()];
        $counts[$visit->toString()] = ($counts[$visit->toString()] ?? 0) + 1;
    }

    /**
     * The outcome, if it says anything about the application.
     *
     * @throws TrialFailed
     */
    public function orFail(string $complaints): self
    {
        return match (true) {
            ! $this->isWatched => throw TrialFailed::becauseNothingWatches($complaints),
            ! $this->hasFineVisit => throw TrialFailed::becauseNoUrlWorks(),
            default => $this,
        };
    }

    /** How many things bleed. */
    public function bleeds(): int
    {
        return $this->bleeds + $this->uncounted;
    }

    /** How many things were filled once, and then no more. */
    public function settled(): int
    {
        return $this->settled;
    }

    /**
     * How the visits have ended, in words, by target.
     *
     * @return array<string, string>
     */
    public function visits(): array
    {
        return array_map(fn (array $counts): string => implode(', ', array_map(
            fn (int|string $end, int $count): string => "{$end} ({$count}×)",
            array_keys($counts),
            $counts,
        )), $this->visits);
    }
}
