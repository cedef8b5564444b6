<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Illuminate\Support\Str;

/**
 * Keeps what has changed, and tells growth that stops from growth that goes on.
 */
final class Ledger
{
    /** So many different things are kept apart; an application that has more has a pattern. */
    private const FINDINGS_MAX = 500;

    /** @var array<string, Finding> */
    private array $findings = [];

    private int $look = 0;

    private int $untold = 0;

    /** @param  list<string>  $ignore  Names, with wildcards, that are passed over. */
    public function __construct(private array $ignore)
    {
    }

    /**
     * Enter what one look has found, and give what of it is news.
     *
     * @param  list<Change>  $changes
     * @return list<array{News, Finding}>
     */
    public function enter(array $changes, int $request, string $culprit): array
    {
        $this->look++;
        $news = [];

        foreach ($changes as $change) {
            $finding = $this->findingOf($change, $request);
            $kind = $finding?->note($change, $this->look, $request, $culprit);

            if ($finding !== null && $kind !== null) {
                $news[] = [$kind, $finding];
            }
        }

        return [...$news, ...$this->rests()];
    }

    /**
     * Everything that was found.
     *
     * @return list<Finding>
     */
    public function findings(): array
    {
        return array_values($this->findings);
    }

    /** How many changes of further things were left out. */
    public function untold(): int
    {
        return $this->untold;
    }

    /** @return list<array{News, Finding}> */
    private function rests(): array
    {
        $rests = [];

        foreach ($this->findings as $finding) {
            $kind = $finding->rest($this->look);

            if ($kind !== null) {
                $rests[] = [$kind, $finding];
            }
        }

        return $rests;
    }

    private function findingOf(Change $change, int $request): ?Finding
    {
        $known = $this->findings[$change->name] ?? null;

        if ($known !== null || $this->isIgnored($change->name)) {
            return $known;
        }

        if (count($this->findings) >= self::FINDINGS_MAX) {
            $this->untold++;

            return null;
        }

        return $this->findings[$change->name] = new Finding($change, $this->look, $request);
    }

    private function isIgnored(string $name): bool
    {
        return $this->ignore !== [] && Str::is($this->ignore, $name);
    }
}
