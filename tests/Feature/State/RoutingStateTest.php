<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Listeners\FlushAuthenticationState;
use Askr\Laravel\Listeners\FlushQueuedCookies;
use Askr\Laravel\Listeners\FlushSessionState;
use Askr\Laravel\Listeners\RestoreConfiguration;
use Askr\Laravel\Listeners\RestoreCookieDefaults;
use Askr\Laravel\Listeners\RestoreHttpKernel;
use Askr\Laravel\Listeners\RestoreMiddlewareSettings;
use Askr\Laravel\Listeners\RestorePaginator;
use Askr\Laravel\Listeners\RestorePipelines;
use Askr\Laravel\Listeners\RestoreRateLimiters;
use Askr\Laravel\Listeners\RestoreRouter;
use Askr\Laravel\Listeners\RestoreTrustedProxies;
use Askr\Laravel\Listeners\RestoreUrlGenerator;
use Illuminate\Auth\GenericUser;
use Illuminate\Cache\RateLimiter;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Contracts\Pipeline\Hub;
use Illuminate\Cookie\Middleware\EncryptCookies;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Pagination\Paginator;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\Attributes\Group;

class RoutingStateTest extends StateTestCase
{
    public function test_what_a_request_sets_in_the_configuration_ends_with_it(): void
    {
        $this->assertRestoredBy(
            RestoreConfiguration::class,
            fn (Application $app): array => [$app['config']['app.name'], $app['config']['tenant']],
            fn (Application $app) => $app['config']->set(['app.name' => 'changed', 'tenant' => 7]),
        );
    }

    public function test_urls_are_made_as_the_application_says(): void
    {
        $this->assertRestoredBy(
            RestoreUrlGenerator::class,
            fn (Application $app): array => [$app['url']->to('/x'), $app['url']->asset('a.css'), $app['url']->route('places')],
            function (Application $app): void {
                $app['url']->forceScheme('https');
                $app['url']->useOrigin('https://forced.test');
                $app['url']->useAssetOrigin('https://cdn.test');
                $app['url']->defaults(['locale' => 'nb', 'other' => 1]);
            },
            function (Application $app): void {
                $app['router']->get('/{locale}/places', fn () => '')->name('places');
                $app['router']->getRoutes()->refreshNameLookups();
                $app['url']->defaults(['locale' => 'en']);
            },
        );
    }

    public function test_hosts_and_formats_are_those_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreTrustedProxies::class,
            fn (Application $app): array => [Request::getTrustedHosts(), $app['request']->getMimeType('leaf')],
            function (Application $app): void {
                Request::setTrustedHosts(['^localhost$']);
                $app['request']->setFormat('leaf', 'text/leaf');
            },
        );
    }

    public function test_a_route_is_as_it_was_registered(): void
    {
        $this->assertRestoredBy(
            RestoreRouter::class,
            fn (Application $app): array => [
                count($app['router']->getRoutes()),
                $app['router']->getPatterns(),
                array_keys($app['router']->getMiddleware()),
            ],
            function (Application $app): void {
                $app['router']->get('/added', fn () => 'by a request');
                $app['router']->pattern('id', '[0-9]+');
                $app['router']->aliasMiddleware('late', EncryptCookies::class);
            },
        );
    }

    public function test_what_is_changed_on_the_route_that_is_taken_ends_with_the_request(): void
    {
        $bodies = $this->bodies([
            'taken/{n}' => function (Request $request): string {
                $route = $request->route();
                $before = json_encode([$route->defaults, $route->gatherMiddleware(), $route->parameters()]);
                $route->defaults('left', 'behind')->middleware('auth');
                $route->computedMiddleware = null;
                $route->gatherMiddleware();
                $route->setParameter('left', 'behind');

                return $before;
            },
        ], '/taken/1', '/taken/1', '/taken/1');

        $this->assertSame(['[[],["web"],{"n":"1"}]'], array_values(array_unique($bodies)));
    }

    public function test_middleware_is_that_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreHttpKernel::class,
            fn (Application $app): bool => $app->make(Kernel::class)->hasMiddleware('late'),
            fn (Application $app) => $app->make(Kernel::class)->prependMiddleware('late'),
            fn (Application $app) => $app->bind('late', EncryptCookies::class),
        );
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_what_middleware_is_told_through_static_methods_ends_with_the_request(): void
    {
        $this->assertRestoredBy(
            RestoreMiddlewareSettings::class,
            fn (Application $app): array => self::property(EncryptCookies::class, 'neverEncrypt'),
            fn (): mixed => EncryptCookies::except('flavour'),
        );
    }

    public function test_pipelines_are_those_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestorePipelines::class,
            fn (Application $app): array => array_keys(self::property($app->make(Hub::class), 'pipelines')),
            fn (Application $app) => $app->make(Hub::class)->pipeline('late', fn () => null),
            fn (Application $app) => $app->make(Hub::class),
        );
    }

    public function test_rate_limiters_are_those_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreRateLimiters::class,
            fn (Application $app): bool => $app->make(RateLimiter::class)->limiter('late') !== null,
            fn (Application $app) => $app->make(RateLimiter::class)->for('late', fn () => null),
            fn (Application $app) => $app->make(RateLimiter::class),
        );
    }

    public function test_lists_have_the_page_and_the_look_of_their_own_request(): void
    {
        $this->assertRestoredBy(
            RestorePaginator::class,
            fn (): array => [Paginator::resolveCurrentPage(), Paginator::$defaultView],
            function (): void {
                Paginator::currentPageResolver(fn (): int => 7);
                Paginator::useBootstrapFive();
            },
        );
    }

    public function test_cookies_have_the_path_that_is_configured(): void
    {
        $this->assertRestoredBy(
            RestoreCookieDefaults::class,
            fn (Application $app): string => $app['cookie']->make('a', 'b')->getPath(),
            fn (Application $app) => $app['cookie']->setDefaultPathAndDomain('/other', null),
        );
    }

    #[DataProvider('listenersOfIdentity')]
    public function test_nothing_of_a_visitor_stays(string $listener, \Closure $look, \Closure $change): void
    {
        $this->assertRestoredBy($listener, $look, $change);
    }

    /** @return iterable<string, array{class-string, \Closure, \Closure}> */
    public static function listenersOfIdentity(): iterable
    {
        yield 'session' => [
            FlushSessionState::class,
            fn (Application $app): mixed => $app['session.store']->get('secret'),
            fn (Application $app) => $app['session.store']->put('secret', 'mine'),
        ];
        yield 'guard' => [
            FlushAuthenticationState::class,
            fn (Application $app): mixed => $app['auth']->guard()->id(),
            fn (Application $app) => $app['auth']->guard()->setUser(new GenericUser(['id' => 7])),
        ];
        yield 'how the user is found' => [
            FlushAuthenticationState::class,
            fn (Application $app): mixed => ($app['auth']->userResolver())()?->getAuthIdentifier(),
            fn (Application $app) => $app['auth']->resolveUsersUsing(fn () => new GenericUser(['id' => 7])),
        ];
        yield 'queued cookies' => [
            FlushQueuedCookies::class,
            fn (Application $app): int => count($app['cookie']->getQueuedCookies()),
            fn (Application $app) => $app['cookie']->queue('flavour', 'ash'),
        ];
    }
}
