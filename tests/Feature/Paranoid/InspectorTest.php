<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Paranoid;

use Askr\Laravel\Paranoid\Inspector;
use Askr\Laravel\Paranoid\Settings;
use Illuminate\Foundation\Http\Events\RequestHandled;
use Illuminate\Http\Request;
use RuntimeException;

class InspectorTest extends WatchedTestCase
{
    public function test_the_report_has_its_form_and_names_the_route(): void
    {
        $class = $this->load('public static array $cache = ["a", "b"];');

        $reports = $this->watch(
            ['orders/{order}' => fn (string $order): int => array_push($class::$cache, $order)],
            [...$this->calm(), '/orders/7?q=1', '/calm'],
        );

        $this->assertSame('[askr paranoid] baseline set after 2 requests — watching 1 app classes', $this->baseline);
        $this->assertSame([
            "[askr paranoid] request #4 — state changed after reset (possible bleed):\n".
            "  ↑ {$class}::\$cache  array:2 → array:3  (+1)\n".
            '    by GET /orders/{order}',
        ], $reports);
    }

    public function test_an_application_that_keeps_nothing_gives_silence(): void
    {
        $this->load('public static array $cache = [];');

        $this->assertSame([], $this->watch([], [...$this->calm(), '/', '/json', '/form', '/page', '/fail', '/nowhere', '/json', '/calm']));
        $this->assertNull($this->summary);
    }

    public function test_two_requests_may_warm_up(): void
    {
        $class = $this->load('public static array $cache = [];');

        $reports = $this->watch(['warm' => fn (): int => array_push($class::$cache, 1)], ['/warm', '/warm', '/calm', '/calm']);

        $this->assertSame([], $reports);
    }

    public function test_a_request_that_no_route_took_is_named_by_its_path(): void
    {
        $class = $this->load('public static int $lost = 0;');
        $this->app->make('events')->listen(RequestHandled::class, function (RequestHandled $event) use ($class): void {
            $class::$lost += $event->response->getStatusCode() === 404 ? 1 : 0;
        });

        $reports = $this->watch([], [...$this->calm(), '/nowhere', '/calm']);

        $this->assertStringEndsWith("\n    by GET /nowhere", $reports[0]);
    }

    public function test_growth_that_goes_on_is_told_again_at_the_third_and_tenth_time(): void
    {
        $class = $this->load('public static array $cache = [];');

        $reports = $this->watch(
            ['leak' => fn (): int => array_push($class::$cache, 1)],
            [...$this->calm(), ...array_fill(0, 12, '/leak'), '/calm'],
        );

        $this->assertCount(3, $reports);
        $this->assertStringContainsString('request #4 — state changed', $reports[0]);
        $this->assertStringContainsString('request #6 — keeps changing after reset (bleed):', $reports[1]);
        $this->assertStringContainsString('array:0 → array:10  (+10)  grew 10 times, from request #4 to #13', $reports[2]);
        $this->assertStringContainsString('summary: 15 requests, 1 possible bleed, 0 settled', (string) $this->summary);
    }

    public function test_growth_that_stops_settles(): void
    {
        $class = $this->load('public static array $names = [];');

        $reports = $this->watch(
            ['memo' => fn (): array => $class::$names += ['x' => 1]],
            [...$this->calm(), ...array_fill(0, 25, '/memo')],
        );

        $this->assertCount(2, $reports);
        $this->assertStringContainsString("settled, no longer changing:\n  ↑ {$class}::\$names  array:0 → array:1  (+1)  grew once, in request #4", $reports[1]);
        $this->assertStringContainsString('summary: 27 requests, 0 possible bleeds, 1 settled', (string) $this->summary);
    }

    public function test_what_was_replaced_never_settles(): void
    {
        $class = $this->load('public static string $locale = "en";');

        $this->watch(
            ['german' => fn (): string => $class::$locale = 'de'],
            [...$this->calm(), ...array_fill(0, 30, '/german')],
        );

        $this->assertStringContainsString('1 possible bleed, 0 settled', (string) $this->summary);
    }

    public function test_a_share_looks_at_two_requests_in_a_row_so_that_the_culprit_is_known(): void
    {
        $class = $this->load('public static int $hits = 0;');
        $route = fn (): int => $class::$hits++;

        $reports = $this->watch(
            ['one' => $route, 'two' => $route],
            [...$this->calm(), ...array_fill(0, 7, '/one'), '/two', '/calm', '/calm'],
            new Settings(interval: 10),
        );

        $this->assertCount(1, $reports);
        $this->assertStringContainsString('int 0 → int 7', $reports[0]);
        $this->assertStringContainsString('by one of GET /calm, GET /one (8 requests)', $reports[0]);
        $this->assertStringContainsString('int 0 → int 8', (string) $this->summary);
        $this->assertStringContainsString("\n    by GET /two", (string) $this->summary);
    }

    public function test_names_can_be_ignored(): void
    {
        $class = $this->load('public static int $hits = 0; public static int $total = 0;');

        $reports = $this->watch(
            ['count' => fn (): int => $class::$hits++ + $class::$total++],
            [...$this->calm(), '/count', '/calm'],
            new Settings(ignore: ['Watched*::$hits']),
        );

        $this->assertCount(1, $reports);
        $this->assertStringNotContainsString('$hits', $reports[0]);
    }

    public function test_a_class_whose_statics_cannot_be_worked_out_is_passed_over(): void
    {
        $this->load('public static $broken = self::NOWHERE;');
        $class = $this->load('public static int $hits = 0;');

        $reports = $this->watch(['count' => fn (): int => $class::$hits++], [...$this->calm(), '/count', '/calm']);

        $this->assertStringContainsString("{$class}::\$hits", $reports[0]);
    }

    public function test_a_watch_that_fails_says_so_once_and_costs_no_request(): void
    {
        $entries = [];
        $inspector = new Inspector($this->app, new Settings, function (string $entry) use (&$entries): void {
            $entries[] = $entry;
            str_contains($entry, 'baseline') && throw new RuntimeException('the log is full');
        });

        foreach (array_fill(0, 5, Request::create('/')) as $request) {
            $inspector->inspect($request);
        }

        $this->assertCount(2, $entries);
        $this->assertSame('[askr paranoid] stopped watching: RuntimeException: the log is full', $entries[1]);
    }
}
