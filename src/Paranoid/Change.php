<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * Something that was different after the reset from how it was before.
 */
final readonly class Change
{
    /** Inspections without a change after which growth counts as ended. */
    public const PATIENCE = 20;

    /**
     * @param  string  $name  What changed, such as `App\Services\Foo::$cache`.
     * @param  bool  $canSettle  Whether it is harmless once it no longer changes.
     * @param  int  $patience  Inspections without a change that it takes to settle.
     * @param  bool  $hasCulprit  Whether the requests since the last look have done it.
     */
    public function __construct(
        public string $name,
        public Reading $before,
        public Reading $after,
        public bool $canSettle = true,
        public int $patience = self::PATIENCE,
        public bool $hasCulprit = true,
    ) {
    }

    /** Whether something was filled or added to, as a cache is, rather than replaced. */
    public function isGrowth(): bool
    {
        return $this->before->isNothing()
            || ($this->before->isEmpty && ! $this->after->isEmpty)
            || $this->growth() > 0;
    }

    /** How much larger it is, or null when it has no size. */
    public function growth(): ?int
    {
        return $this->before->size === null || $this->after->size === null
            ? null
            : $this->after->size - $this->before->size;
    }
}
