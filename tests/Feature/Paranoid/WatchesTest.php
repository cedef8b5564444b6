<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Paranoid;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Listeners\RollBackOpenTransactions;
use Askr\Laravel\Worker\Renewal;
use Closure;
use Illuminate\Http\Request;
use Illuminate\Support\Collection;
use stdClass;

/**
 * What leaks of each kind is found, and what does not leak is not.
 */
class WatchesTest extends WatchedTestCase
{
    public function test_a_class_that_its_first_user_changes_is_found_by_that(): void
    {
        $class = $this->define('public static ?string $user = null;');

        $report = $this->only(['late' => fn (): string => $class::$user = 'alice']);

        $this->assertStringContainsString("≠ {$class}::\$user  null → string:5", $report);
    }

    public function test_a_class_that_is_loaded_late_is_no_bleed(): void
    {
        $class = $this->define('public static array $rules = ["a" => [1, 2]]; public static int $typed; private const X = 1; protected static $x = self::X;');

        $this->assertSame([], $this->visit(['late' => fn (): int => count($class::$rules)]));
    }

    public function test_a_static_property_belongs_to_the_class_that_declares_it(): void
    {
        $parent = $this->load('public static int $shared = 0; public static int $own = 0;');
        $child = $this->load('public static int $own = 0;', "extends {$parent}");

        $report = $this->only(['child' => fn (): int => $child::$shared++ + $child::$own++]);

        $this->assertStringContainsString("{$parent}::\$shared", $report);
        $this->assertStringContainsString("{$child}::\$own", $report);
        $this->assertStringNotContainsString("{$parent}::\$own", $report);
        $this->assertStringNotContainsString("{$child}::\$shared", $report);
    }

    public function test_content_counts_where_the_size_stays(): void
    {
        $class = $this->load('public static array $last = ["user" => 1];');

        $report = $this->only(['last' => fn (): int => $class::$last['user'] = 2]);

        $this->assertStringContainsString("≠ {$class}::\$last  array:1 → array:1  (another)", $report);
    }

    public function test_the_content_of_strings_is_not_shown(): void
    {
        $class = $this->load('public static string $token = "none";');

        $report = $this->only(['secret' => fn (): string => $class::$token = 'secret-of-alice']);

        $this->assertStringContainsString('string:4 → string:15', $report);
        $this->assertStringNotContainsString('alice', $report);
    }

    public function test_static_variables_of_methods_functions_and_routes_are_found(): void
    {
        $class = $this->load('function count() { static $seen = []; $seen[] = 1; } function calm() { static $x = 1; }');
        $function = 'watched_'.bin2hex(random_bytes(4));
        require $this->file('functions.php', "<?php function {$function}() { static \$calls = 0; \$calls++; }");
        $route = require $this->file('route.php', '<?php return function () { static $hits = 0; return ++$hits; };');

        $report = $this->only(['mixed' => function () use ($class, $function): void {
            (new $class)->count();
            $function();
        }]);
        $this->assertStringContainsString("↑ {$class}::count() \$seen  array:0 → array:1  (+1)", $report);
        $this->assertStringContainsString("↑ {$function}() \$calls  int 0 → int 1  (+1)", $report);
        $this->assertStringNotContainsString('calm', $report);

        $this->assertStringContainsString('↑ route GET /hits $hits  int 0 → int 1  (+1)', $this->only(['hits' => $route]));
    }

    public function test_global_variables_are_found_but_for_those_of_the_request(): void
    {
        $report = $this->only(['global' => function (): void {
            $GLOBALS['watchedGlobal'] = [1];
            $_GET['x'] = $_SERVER['x'] = 1;
        }]);
        unset($GLOBALS['watchedGlobal'], $_GET['x'], $_SERVER['x']);

        $this->assertStringContainsString("\n  ↑ global \$watchedGlobal  none → array:1  (+1)\n    by", $report);
        $this->assertSame(3, substr_count($report, "\n") + 1);
    }

    public function test_what_a_singleton_keeps_is_found(): void
    {
        $class = $this->load('public array $items = []; public ?object $user = null; public int $requests = 0;');
        $this->app->instance($class, new $class);

        $report = $this->only(['buy' => function () use ($class): void {
            $cart = $this->app->make($class);
            $cart->items[] = 'shoes';
            $cart->user = new stdClass;
            $cart->requests++;
        }]);

        $this->assertStringContainsString("↑ {$class}->items  array:0 → array:1  (+1)", $report);
        $this->assertStringContainsString("≠ {$class}->user  null → stdClass", $report);
        $this->assertStringNotContainsString('requests', $report, 'a counter of requests is nobody\'s');
    }

    public function test_what_ends_with_its_request_is_not_found(): void
    {
        $class = $this->load('public array $items = [];');
        $this->app->singleton($class);

        $this->assertSame([], $this->visit(['buy' => fn (): string => $this->app->make($class)->items[] = 'shoes']));
    }

    public function test_what_an_object_in_a_static_property_keeps_is_found(): void
    {
        $inner = $this->load('private array $log = []; function add() { $this->log[] = 1; }');
        $class = $this->load('public static ?object $instance = null; public ?object $inner = null;');
        $class::$instance = new $class;
        $class::$instance->inner = new $inner;

        $report = $this->only(['deep' => fn () => $class::$instance->inner->add()]);

        $this->assertStringContainsString("↑ {$class}::\$instance->inner->log  array:0 → array:1  (+1)", $report);
    }

    public function test_a_request_that_a_singleton_holds_is_found_wherever_it_is(): void
    {
        $class = $this->load('public $kept = null;');

        $ways = [
            '->kept' => fn (Request $request): Request => $request,
            '->kept[]' => fn (Request $request): array => ['x' => $request],
            '->kept->items[]' => fn (Request $request): Collection => new Collection([$request]),
            '->kept{use $request}' => fn (Request $request): Closure => static fn (): Request => $request,
        ];

        foreach ($ways as $path => $keep) {
            $this->reports = [];
            $this->app->instance($class, new $class);
            $entries = $this->visit(['hold' => function (Request $request) use ($class, $keep): void {
                $this->app->make($class)->kept = $keep($request);
            }]);

            $this->assertStringContainsString("{$class}{$path}  none → Illuminate\\Http\\Request of a request that has ended", $entries[0]);
            $this->assertStringContainsString('0 settled', (string) $this->summary);
        }
    }

    public function test_a_request_that_another_packages_singleton_holds_is_found(): void
    {
        $this->app->instance('holder', $holder = new stdClass);
        $this->app->instance('holder.alias', $holder);

        $report = $this->only(['hold' => fn (Request $request): string => ($holder->last = $request)->path()]);

        $this->assertSame(1, substr_count($report, '≠'));
        $this->assertStringContainsString('≠ holder (stdClass)->last  none → Illuminate\Http\Request', $report);
    }

    public function test_a_request_held_since_before_the_baseline_is_found(): void
    {
        $class = $this->load('public static array $requests = [];');

        $reports = $this->watch(['hold' => fn (Request $request): int => array_push($class::$requests, $request)], ['/hold', '/calm', '/calm']);

        $this->assertStringContainsString("{$class}::\$requests[]  none → Illuminate\\Http\\Request", $reports[0]);
    }

    public function test_holding_the_container_is_not_holding_a_request(): void
    {
        $class = $this->load('public ?object $app = null; public ?object $router = null;');
        $service = new $class;
        $service->app = $this->app;
        $service->router = $this->app->make('router');
        $this->app->instance($class, $service);

        $this->assertSame([], $this->visit([]));
    }

    public function test_configuration_that_the_reset_leaves_changed_is_found(): void
    {
        // The listener puts back the repository it knows, and the sandbox gives it back.
        $this->app->make('config')->set('askr.listeners', []);

        $report = $this->only(['set' => fn () => $this->app->make('config')->set(['mail.from' => 'x', 'app.name' => 'y'])]);

        $this->assertStringContainsString('≠ config app.name  string:9 → string:1', $report);
    }

    public function test_configuration_that_the_reset_puts_back_is_not_found(): void
    {
        $this->assertSame([], $this->visit(['set' => fn () => $this->app->make('config')->set('app.name', 'y')]));
    }

    public function test_bindings_that_outlive_the_reset_are_found(): void
    {
        // Nothing a request binds is left by the sandbox; a listener that runs after it can still bind.
        $hasRun = false;
        $this->app->make('events')->listen(RequestReceived::class, function () use (&$hasRun): void {
            $hasRun && $this->app->bind('late.service', fn () => new stdClass);
        });

        $report = $this->only(['bind' => function () use (&$hasRun): void {
            $hasRun = true;
        }]);

        $this->assertStringContainsString('≠ container binding late.service  none → there', $report);
    }

    public function test_bindings_that_the_sandbox_takes_away_are_not_found(): void
    {
        $this->assertSame([], $this->visit(['bind' => function (): void {
            $this->app->bind('early.service', fn () => new stdClass);
            $this->app->instance('early.instance', new stdClass);
            $this->app->resolving('x', fn () => null);
        }]));
    }

    public function test_ini_settings_and_the_process_are_found(): void
    {
        $before = [ini_get('precision'), umask(), date_default_timezone_get(), setlocale(LC_ALL, '0')];

        $report = $this->only(['process' => function (): void {
            ini_set('precision', '5');
            umask(0o077);
            date_default_timezone_set('Asia/Tokyo');
            putenv('WATCHED_VARIABLE=secret');
        }]);

        ini_set('precision', $before[0]);
        umask($before[1]);
        date_default_timezone_set($before[2]);
        putenv('WATCHED_VARIABLE');

        $this->assertStringContainsString('≠ ini precision  "14" → "5"', $report);
        $this->assertStringContainsString('≠ umask  0022 → 0077', $report);
        $this->assertStringContainsString('≠ environment WATCHED_VARIABLE  none → string:6', $report);
        $this->assertStringNotContainsString('secret', $report);
    }

    public function test_a_transaction_begun_past_laravels_counter_is_found(): void
    {
        $this->app->make('db')->connection()->getPdo();
        $this->app->make('config')->set('askr.listeners', [
            RequestReceived::class => array_diff(Renewal::listeners(), [RollBackOpenTransactions::class]),
        ]);

        $report = $this->only(['begin' => fn () => $this->app->make('db')->connection()->getPdo()->exec('BEGIN')]);

        $this->assertMatchesRegularExpression('/≠ transaction on \w+  none → open/', $report);
    }

    public function test_a_transaction_that_the_reset_rolls_back_is_not_found(): void
    {
        $this->assertSame([], $this->visit(['begin' => fn () => $this->app->make('db')->connection()->beginTransaction()]));
    }

    /**
     * What is reported of one request between calm ones.
     *
     * @param  array<string, Closure>  $routes
     * @return list<string>
     */
    private function visit(array $routes): array
    {
        return $this->watch($routes, [...$this->calm(), ...array_map(fn (string $path): string => "/{$path}", array_keys($routes)), '/calm']);
    }

    /** @param  array<string, Closure>  $routes */
    private function only(array $routes): string
    {
        $reports = $this->visit($routes);
        $this->assertCount(1, $reports, implode("\n", $reports));
        $this->reports = [];

        return $reports[0];
    }
}
