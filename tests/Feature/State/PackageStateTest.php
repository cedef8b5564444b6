<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Listeners\PrepareInertia;
use Askr\Laravel\Listeners\PrepareLivewire;
use Askr\Laravel\Listeners\PrepareScout;
use Askr\Laravel\Listeners\PrepareSocialite;
use Closure;
use Illuminate\Foundation\Application;
use Inertia\ResponseFactory;
use Laravel\Scout\EngineManager;
use Laravel\Socialite\Contracts\Factory;
use Laravel\Socialite\Contracts\FakeSocialite;
use Livewire\LivewireManager;

/**
 * Packages that keep state, and that the package knows of; doubles stand in for them.
 */
class PackageStateTest extends StateTestCase
{
    public function test_livewire_sends_its_script_with_every_page(): void
    {
        $this->with('livewire', LivewireManager::class);

        $this->assertRestoredBy(
            PrepareLivewire::class,
            fn (): bool => LivewireManager::$scriptIsSent,
            function (): void {
                LivewireManager::$scriptIsSent = true;
            },
            $this->resolve(LivewireManager::class),
        );
    }

    public function test_inertia_shares_what_was_shared_while_booting(): void
    {
        $this->with('inertia', ResponseFactory::class);

        $this->assertRestoredBy(
            PrepareInertia::class,
            fn (Application $app): array => $app->make(ResponseFactory::class)->getShared(),
            fn (Application $app) => $app->make(ResponseFactory::class)->share('user', 7),
            function (Application $app): void {
                $app->singleton(ResponseFactory::class);
                $app->make(ResponseFactory::class)->share('name', 'of the application');
            },
        );
    }

    public function test_scout_searches_where_it_is_configured_to(): void
    {
        $this->with('scout', EngineManager::class);

        $this->assertRestoredBy(
            PrepareScout::class,
            fn (Application $app): ?string => $app->make(EngineManager::class)->driver()->prefix,
            function (Application $app): void {
                $app['config']->set('scout.prefix', 'tenant_7_');
                $app->make(EngineManager::class)->forgetEngines();
            },
            $this->resolve(EngineManager::class),
        );
    }

    public function test_socialite_has_the_request_of_its_own_call(): void
    {
        $this->with('socialite', Factory::class);
        $boot = function (Application $app): void {
            $app->singleton(Factory::class, FakeSocialite::class);
            $app->make(Factory::class);
        };
        $path = fn (Application $app): string => $app->make(Factory::class)->driver()->path;

        $this->assertRestoredBy(PrepareSocialite::class, $path, function (Application $app): void {
            $app->make(Factory::class)->forgetDrivers();
        }, $boot);
    }

    /** Load the double of a package, unless the package itself is there. */
    private function with(string $package, string $class): void
    {
        if (! class_exists($class) && ! interface_exists($class)) {
            require_once dirname(__DIR__, 2)."/fixtures/packages/{$package}.php";
        }
    }

    private function resolve(string $class): Closure
    {
        return function (Application $app) use ($class): void {
            $app->singleton($class);
            $app->make($class);
        };
    }
}
