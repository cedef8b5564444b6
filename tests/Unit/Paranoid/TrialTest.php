<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Exceptions\TrialFailed;
use Askr\Laravel\Paranoid\Trial\Outcome;
use Askr\Laravel\Paranoid\Trial\Target;
use Askr\Laravel\Paranoid\Trial\Trial;
use Askr\Laravel\Paranoid\Trial\Visit;
use Askr\Laravel\Paranoid\Trial\Visitor;
use Askr\Laravel\Process\ServerInvocation;
use Askr\Laravel\Process\SignalForwarder;
use Askr\Laravel\Testing\Fakes\FakeServerProcess;
use PHPUnit\Framework\TestCase;

class TrialTest extends TestCase
{
    private const SERVING = '{"message":"askr: serving http://127.0.0.1:40123","target":"serving"}';

    private const BASELINE = '{"message":"[askr paranoid] baseline set after 2 requests — watching 3 app classes","level":"ERROR"}';

    /** @var list<string> */
    private array $shown = [];

    /** @var list<string> */
    private array $visited = [];

    private FakeServerProcess $server;

    public function test_every_url_is_visited_in_each_round_and_the_first_once_more(): void
    {
        $this->try([self::SERVING, self::BASELINE], ['/a', '/b'], rounds: 2);

        $this->assertSame(['/askr-paranoid-warm-up'], array_unique(array_map(fn (string $visit): string => explode(' ', $visit)[1], array_splice($this->visited, 0, 3))));
        $this->assertSame(['http://127.0.0.1:40123 /a #0', 'http://127.0.0.1:40123 /b #1', 'http://127.0.0.1:40123 /a #2', 'http://127.0.0.1:40123 /b #3', 'http://127.0.0.1:40123 /a #4'], $this->visited);
        $this->assertSame([15], $this->server->signals);
    }

    public function test_nothing_reported_is_clean(): void
    {
        $outcome = $this->try([self::SERVING, self::BASELINE]);

        $this->assertSame([0, 0], [$outcome->bleeds(), $outcome->settled()]);
        $this->assertSame(['/a' => '200 (1×)'], $outcome->visits());
        $this->assertSame(['[askr paranoid] baseline set after 2 requests — watching 3 app classes'], $this->shown);
    }

    public function test_the_summary_counts(): void
    {
        $outcome = $this->try([
            self::SERVING, self::BASELINE, self::entry('request #3 — state changed after reset (possible bleed):\n  ↑ …'),
            self::entry('summary: 9 requests, 1 possible bleed, 2 settled\n  ↑ …'),
        ]);

        $this->assertSame([1, 2], [$outcome->bleeds(), $outcome->settled()]);
    }

    public function test_a_worker_that_died_before_its_summary_counts_too(): void
    {
        $outcome = $this->try([self::SERVING, self::BASELINE, self::entry('request #3 — state changed after reset (possible bleed):\n  ↑ …')]);

        $this->assertSame(1, $outcome->bleeds());
    }

    public function test_a_server_that_does_not_serve_is_named_with_what_it_says(): void
    {
        $this->expectException(TrialFailed::class);
        $this->expectExceptionMessage("The server does not serve:\nPHP Fatal error: no database\naskr: the application does not boot");

        $this->try([
            '{"message":"PHP Fatal error: no database\\nStack trace:\\n#0 …","level":"ERROR"}',
            '{"message":"PHP Fatal error: no database\\nStack trace:\\n#1 …","level":"ERROR"}',
            '{"message":"worker ready","level":"INFO"}',
            'askr: the application does not boot',
        ], exitCode: 70);
    }

    public function test_a_server_that_watches_nothing_says_nothing(): void
    {
        $this->expectException(TrialFailed::class);
        $this->expectExceptionMessage('Nothing was watched');

        $this->try([self::SERVING]);
    }

    public function test_a_watch_that_stopped_says_nothing(): void
    {
        $this->expectException(TrialFailed::class);

        $this->try([self::SERVING, self::BASELINE, self::entry('stopped watching: Error: x')]);
    }

    public function test_urls_that_all_fail_say_nothing(): void
    {
        $this->expectException(TrialFailed::class);
        $this->expectExceptionMessage('No URL was answered with less than 400');

        $this->try([self::SERVING, self::BASELINE], visit: new Visit(500));
    }

    public function test_an_answer_is_its_status_and_where_it_sends_the_visitor(): void
    {
        $this->assertSame('302 → /login', Visit::of("HTTP/1.1 302 Found\r\nLocation: /login\r\n\r\nbody")->toString());
        $this->assertSame('no answer in time', Visit::of('')->toString());
        $this->assertFalse(Visit::of('')->isFine());
        $this->assertTrue(Visit::of("HTTP/1.1 204 No Content\r\n\r\n")->isFine());
    }

    /**
     * @param  list<string>  $output
     * @param  list<string>  $urls
     */
    private function try(array $output, array $urls = ['/a'], int $rounds = 1, int $exitCode = 0, Visit $visit = new Visit(200)): Outcome
    {
        // In pieces, as a pipe gives them.
        $this->server = new FakeServerProcess(str_split(implode("\n", $output)."\n", 40), $exitCode);
        $visitor = new class($this->visited, $visit) extends Visitor
        {
            /** @param  list<string>  $visited */
            public function __construct(private array &$visited, private Visit $visit)
            {
            }

            public function visit(string $url, Target $target, int $visit): Visit
            {
                $this->visited[] = "{$url} {$target->toString()} #{$visit}";

                return $this->visit;
            }
        };

        return (new Trial($this->server, new SignalForwarder))->run(
            new ServerInvocation(['askr'], [], '/'),
            $visitor,
            array_map(Target::of(...), $urls),
            $rounds,
            function (string $entry): void {
                $this->shown[] = $entry;
            },
        );
    }

    private static function entry(string $text): string
    {
        return '{"message":"[askr paranoid] '.$text.'","level":"ERROR"}';
    }
}
