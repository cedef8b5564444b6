<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * Words for the log.
 */
final class Report
{
    private const PREFIX = '[askr paranoid] ';

    private const LINES_MAX = 20;

    /** The watch has begun. */
    public static function baseline(int $requests, int $classes): string
    {
        return self::PREFIX."baseline set after {$requests} requests — watching {$classes} app classes";
    }

    /** The watch has ended early, which must not look like silence. */
    public static function stopped(string $reason): string
    {
        return self::PREFIX."stopped watching: {$reason}";
    }

    /**
     * What one look has to tell, one entry of the log for each kind of news.
     *
     * @param  list<array{News, Finding}>  $news
     * @return list<string>
     */
    public static function news(array $news, int $request): array
    {
        $entries = [];

        foreach (News::cases() as $kind) {
            $findings = array_column(array_filter($news, fn (array $item): bool => $item[0] === $kind), 1);

            if ($findings !== []) {
                $entries[] = self::entry($kind, $findings, $request);
            }
        }

        return $entries;
    }

    /**
     * Everything that was found until the worker stops.
     *
     * @param  list<Finding>  $findings
     */
    public static function summary(array $findings, int $untold, int $requests): string
    {
        $settled = array_filter($findings, fn (Finding $finding): bool => $finding->isSettled());
        $open = array_udiff($findings, $settled, fn (Finding $a, Finding $b): int => spl_object_id($a) <=> spl_object_id($b));
        $lines = [];

        foreach ([...$open, ...$settled] as $finding) {
            $lines[] = "  {$finding->line(isWhole: true)}  ".($finding->isSettled() ? 'settled, ' : '').$finding->history();
            $lines[] = $finding->culprit() === '' ? null : "    {$finding->culprit()}";
        }

        $head = sprintf('%d requests, %s, %d settled', $requests, self::counted(count($open) + (int) ($untold > 0)), count($settled));
        $lines[] = $untold > 0 ? "  … and {$untold} changes of further things" : null;

        return self::PREFIX.implode("\n", array_filter(["summary: {$head}", ...$lines]));
    }

    /** Whether a line of the log is one of these. */
    public static function isOne(string $text): bool
    {
        return str_starts_with($text, self::PREFIX);
    }

    private static function counted(int $bleeds): string
    {
        return $bleeds === 1 ? '1 possible bleed' : "{$bleeds} possible bleeds";
    }

    /** @param  list<Finding>  $findings */
    private static function entry(News $kind, array $findings, int $request): string
    {
        $lines = [self::PREFIX.match ($kind) {
            News::Changed => "request #{$request} — state changed after reset (possible bleed):",
            News::GoesOn => "request #{$request} — keeps changing after reset (bleed):",
            News::Settled => "request #{$request} — settled, no longer changing:",
        }];

        foreach (array_slice($findings, 0, self::LINES_MAX) as $finding) {
            $lines[] = '  '.$finding->line(isWhole: $kind !== News::Changed).($kind === News::Changed ? '' : "  {$finding->history()}");
        }

        if (count($findings) > self::LINES_MAX) {
            $lines[] = '  … and '.(count($findings) - self::LINES_MAX).' more';
        }

        if ($kind !== News::Settled) {
            $lines = [...$lines, ...self::culprits($findings)];
        }

        return implode("\n", $lines);
    }

    /**
     * @param  list<Finding>  $findings
     * @return list<string>
     */
    private static function culprits(array $findings): array
    {
        $culprits = array_unique(array_map(fn (Finding $finding): string => $finding->culprit(), $findings));

        return array_map(fn (string $culprit): string => "    {$culprit}", array_values(array_filter($culprits)));
    }
}
