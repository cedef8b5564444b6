<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Finding;
use Askr\Laravel\Paranoid\Ledger;
use Askr\Laravel\Paranoid\News;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Report;
use PHPUnit\Framework\TestCase;

class LedgerTest extends TestCase
{
    private int $request = 0;

    public function test_growth_that_goes_on_is_told_once_for_each_tenfold(): void
    {
        $ledger = new Ledger([]);
        $told = [];

        for ($size = 0; $size < 10_000; $size++) {
            $news = $this->enter($ledger, $this->grow('A::$x', $size, $size + 1));
            $news === [] || $told[] = [$size + 1, $news[0][0]];
        }

        $this->assertSame([
            [1, News::Changed], [3, News::GoesOn], [10, News::GoesOn], [100, News::GoesOn], [1000, News::GoesOn], [10_000, News::GoesOn],
        ], $told);
    }

    public function test_growth_settles_after_as_many_quiet_looks_as_it_lasted(): void
    {
        $ledger = new Ledger([]);

        for ($size = 0; $size < 50; $size++) {
            $this->enter($ledger, $this->grow('A::$x', $size, $size + 1));
        }

        $quiet = 0;
        while (! $ledger->findings()[0]->isSettled() && $quiet < 200) {
            $this->enter($ledger);
            $quiet++;
        }

        $this->assertSame(49, $quiet);
    }

    public function test_what_begins_again_is_told_again_but_not_for_ever(): void
    {
        $ledger = new Ledger([]);
        $told = 0;

        for ($episode = 0; $episode < 100; $episode++) {
            $told += count($this->enter($ledger, $this->grow('A::$x', $episode, $episode + 1)));

            for ($quiet = 0; $quiet < 10_000 && ! $ledger->findings()[0]->isSettled(); $quiet++) {
                $told += count($this->enter($ledger));
            }
        }

        $this->assertSame(20, $told);
    }

    public function test_only_what_was_empty_or_has_grown_can_settle(): void
    {
        $cases = [
            'filled' => [new Change('a', Reading::of(null), Reading::of('alice')), true],
            'grown' => [$this->grow('a', 1, 2), true],
            'shrunk' => [$this->grow('a', 2, 1), false],
            'replaced' => [new Change('a', Reading::of('en'), Reading::of('de')), false],
            'made empty' => [new Change('a', Reading::of([]), Reading::of(null)), false],
            'never' => [new Change('a', Reading::none(), Reading::of(1), canSettle: false), false],
        ];

        foreach ($cases as $name => [$change, $settles]) {
            $ledger = new Ledger([]);
            $this->enter($ledger, $change);
            array_map(fn () => $this->enter($ledger), range(1, 30));

            $this->assertSame($settles, $ledger->findings()[0]->isSettled(), $name);
        }
    }

    public function test_what_comes_and_goes_is_no_growth(): void
    {
        $ledger = new Ledger([]);
        $entries = [];

        foreach ([[null, []], [[], null], [null, []], [[], null]] as [$before, $after]) {
            $entries = Report::news($this->enter($ledger, new Change('A::$x', Reading::of($before), Reading::of($after))), 1) ?: $entries;
        }

        $this->assertStringContainsString('≠ A::$x  null → array:0  changed 3 times', $entries[0]);
        $this->assertStringContainsString('≠ A::$x  null → null  (back again)', Report::summary($ledger->findings(), 0, 4));
    }

    public function test_the_number_of_things_is_bounded_and_the_rest_is_counted(): void
    {
        $ledger = new Ledger([]);
        $changes = array_map(fn (int $number): Change => $this->grow("A::\$x{$number}", 0, 1), range(1, 600));

        $entries = Report::news($this->enter($ledger, ...$changes), 1);

        $this->assertCount(1, $entries);
        $this->assertStringContainsString('… and 480 more', $entries[0]);
        $this->assertCount(500, $ledger->findings());
        $this->assertStringContainsString('… and 100 changes of further things', Report::summary($ledger->findings(), $ledger->untold(), 1));
    }

    public function test_lines_have_an_arrow_and_a_difference(): void
    {
        $lines = [
            '  ↑ A::$x  array:2 → array:3  (+1)' => $this->grow('A::$x', 2, 3),
            '  ↓ A::$x  array:3 → array:0  (-3)' => $this->grow('A::$x', 3, 0),
            '  ↑ A::$x  null → array:1  (+1)' => new Change('A::$x', Reading::of(null), Reading::of([1])),
            '  ↑ A::$x  int 1 → int 5  (+4)' => new Change('A::$x', Reading::of(1), Reading::of(5)),
            '  ≠ A::$x  array:9 → int 9' => new Change('A::$x', Reading::of(range(1, 9)), Reading::of(9)),
            '  ≠ A::$x  string:1 → string:1  (another)' => new Change('A::$x', Reading::of('a'), Reading::of('b')),
            '  ↑ A->x[??evil]->y  array:0 → array:1  (+1)' => $this->grow("A->x[\r\nevil]->y", 0, 1),
            '  ↑ memory  2.0 MB → 3.5 MB  (+1.5 MB)' => new Change('memory', Reading::bytes(2 << 20), Reading::bytes(7 << 19), hasCulprit: false),
        ];

        foreach ($lines as $line => $change) {
            $entry = Report::news((new Ledger([]))->enter([$change], 42, 'by GET /'), 42)[0];

            $this->assertStringStartsWith("[askr paranoid] request #42 — state changed after reset (possible bleed):\n{$line}", $entry);
            $this->assertSame($change->hasCulprit, str_ends_with($entry, "\n    by GET /"));
        }
    }

    /** @return list<array{News, Finding}> */
    private function enter(Ledger $ledger, Change ...$changes): array
    {
        return $ledger->enter(array_values($changes), ++$this->request, 'by GET /');
    }

    private function grow(string $name, int $from, int $to): Change
    {
        return new Change($name, new Reading("array:{$from}", "{$from}", $from), new Reading("array:{$to}", "{$to}", $to));
    }
}
