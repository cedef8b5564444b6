<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Listeners\FlushVite;
use Askr\Laravel\Listeners\RestoreBlade;
use Askr\Laravel\Listeners\RestoreViews;
use Illuminate\Foundation\Application;
use Illuminate\Foundation\Vite;

class ViewStateTest extends StateTestCase
{
    public function test_views_are_given_what_the_application_shares(): void
    {
        $this->assertRestoredBy(
            RestoreViews::class,
            fn (Application $app): array => [
                $app['view']->shared('user'),
                $app['view']->getSections(),
                $app['view']->yieldPushContent('scripts'),
                $app['view']->hasRenderedOnce('scripts'),
                array_keys($app['view.finder']->getHints()),
            ],
            function (Application $app): void {
                $app['view']->share('user', 'of a request');
                $app['view']->inject('title', 'left behind');
                $app['view']->startPush('scripts', 'left behind');
                $app['view']->markAsRenderedOnce('scripts');
                $app['view']->addNamespace('tenant', '/tenants/7');
            },
        );
    }

    public function test_directives_are_those_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreBlade::class,
            fn (Application $app): array => array_keys($app['blade.compiler']->getCustomDirectives()),
            fn (Application $app) => $app['blade.compiler']->directive('late', fn () => ''),
        );
    }

    public function test_a_view_that_throws_is_not_being_rendered_for_ever(): void
    {
        $folder = $this->folder();
        file_put_contents("{$folder}/breaks.blade.php", '@php throw new RuntimeException @endphp');
        $engine = fn (Application $app): object => $app['view.engine.resolver']->resolve('blade');

        $this->assertRestoredBy(
            RestoreBlade::class,
            fn (Application $app): int => count(self::property($engine($app), 'lastCompiled')),
            fn (Application $app): mixed => rescue(
                fn () => $app['view']->file("{$folder}/breaks.blade.php")->render(),
                report: false,
            ),
        );
    }

    public function test_a_view_that_has_changed_is_compiled_again(): void
    {
        $folder = $this->folder();
        $view = "{$folder}/leaf.blade.php";
        $this->app['view']->addLocation($folder);
        file_put_contents($view, 'first');
        touch($view, time() - 60);

        $bodies = $this->bodies(['leaf' => function () use ($view): string {
            $page = (string) $this->app['view']->make('leaf');
            file_put_contents($view, $page.'+');
            touch($view, time() + 60);

            return $page;
        }], '/leaf', '/leaf');

        $this->assertSame(['first', 'first+'], $bodies);
    }

    public function test_a_page_lists_its_own_assets_and_its_own_nonce(): void
    {
        $this->assertRestoredBy(
            FlushVite::class,
            fn (Application $app): array => [
                $app->make(Vite::class)->cspNonce(),
                $app->make(Vite::class)->preloadedAssets(),
            ],
            function (Application $app): void {
                $app->make(Vite::class)->useCspNonce('of a request');
                $app->make(Vite::class)->useHotFile('/nowhere');
            },
            fn (Application $app) => $app->make(Vite::class),
        );
    }

    public function test_assets_that_were_built_meanwhile_are_served(): void
    {
        $folder = $this->folder();
        $this->app->usePublicPath(dirname($folder));
        $build = fn (string $name) => file_put_contents(
            "{$folder}/manifest.json",
            json_encode(['app.js' => ['file' => $name, 'src' => 'app.js']]),
        );
        $build('first.js');

        $bodies = $this->bodies(['asset' => function () use ($build, $folder): string {
            $asset = $this->app->make(Vite::class)->asset('app.js', basename($folder));
            $build('second.js');

            return basename($asset);
        }], '/asset', '/asset');

        $this->assertSame(['first.js', 'second.js'], $bodies);
    }

    private function folder(): string
    {
        $folder = sys_get_temp_dir().'/askr-test-'.bin2hex(random_bytes(6));
        mkdir($folder);
        $this->beforeApplicationDestroyed(fn () => $this->app['files']->deleteDirectory($folder));

        return $folder;
    }
}
