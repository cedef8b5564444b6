<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * What is known about one thing that changes.
 */
final class Finding
{
    /** Reports about one thing, so that what comes and goes for months does not fill the log. */
    private const REPORTS_MAX = 20;

    public readonly string $name;

    /** How it was before it first changed. */
    public readonly Reading $origin;

    public readonly int $firstRequest;

    private Change $last;

    private string $culprit = '';

    private int $lastRequest;

    private int $changes = 0;

    private int $firstLook;

    private int $lastLook;

    private bool $hasOnlyGrown = true;

    private bool $isHarmlessAtRest = true;

    private bool $hasSettled = false;

    private int $reports = 0;

    public function __construct(Change $change, int $look, int $request)
    {
        $this->name = $change->name;
        $this->origin = $change->before;
        $this->firstRequest = $request;
        $this->firstLook = $look;
    }

    /** Note one more change; says what kind of news that is, if it is any. */
    public function note(Change $change, int $look, int $request, string $culprit): ?News
    {
        $isAgain = $this->hasSettled;
        $this->last = $change;
        $this->lastLook = $look;
        $this->lastRequest = $request;
        $this->culprit = $change->hasCulprit ? $culprit : '';
        $this->changes++;
        $this->hasOnlyGrown = $this->hasOnlyGrown && $change->isGrowth();
        $this->isHarmlessAtRest = $this->isHarmlessAtRest && $change->canSettle;
        $this->hasSettled = false;

        return match (true) {
            $this->changes === 1 => $this->report(News::Changed),
            // Once for every tenfold: 3, 10, 100, …
            $this->changes === 3, preg_match('/^10+$/', (string) $this->changes) === 1, $isAgain => $this->report(News::GoesOn),
            default => null,
        };
    }

    /** Whether it has stopped for so long that this is news. */
    public function rest(int $look): ?News
    {
        if ($this->hasSettled || ! $this->hasOnlyGrown || ! $this->isHarmlessAtRest || ! $this->isQuiet($look)) {
            return null;
        }

        $this->hasSettled = true;

        return $this->report(News::Settled);
    }

    /** Whether it is a cache that has filled rather than something that bleeds. */
    public function isSettled(): bool
    {
        return $this->hasSettled;
    }

    /** The line with the arrow, with the whole way it has come or with the last step. */
    public function line(bool $isWhole): string
    {
        $change = new Change($this->name, $isWhole ? $this->origin : $this->last->before, $this->last->after);

        return (new ChangeLine($change))->toString();
    }

    /** Who did it the last time, or nothing when that cannot be said. */
    public function culprit(): string
    {
        return $this->culprit;
    }

    /** How often it has changed, in words. */
    public function history(): string
    {
        $verb = $this->hasOnlyGrown ? 'grew' : 'changed';

        return $this->changes === 1
            ? "{$verb} once, in request #{$this->lastRequest}"
            : "{$verb} {$this->changes} times, from request #{$this->firstRequest} to #{$this->lastRequest}";
    }

    private function isQuiet(int $look): bool
    {
        return $look - $this->lastLook >= max($this->last->patience, $this->lastLook - $this->firstLook);
    }

    private function report(News $news): ?News
    {
        return ++$this->reports > self::REPORTS_MAX ? null : $news;
    }
}
