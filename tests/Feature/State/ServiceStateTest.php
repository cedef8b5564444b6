<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Listeners\FlushArrayCache;
use Askr\Laravel\Listeners\FlushLocaleState;
use Askr\Laravel\Listeners\RestoreAuthorization;
use Askr\Laravel\Listeners\RestoreCallbacks;
use Askr\Laravel\Listeners\RestoreClock;
use Askr\Laravel\Listeners\RestoreDrivers;
use Askr\Laravel\Listeners\RestoreDumper;
use Askr\Laravel\Listeners\RestoreExceptionHandler;
use Askr\Laravel\Listeners\RestoreFormats;
use Askr\Laravel\Listeners\RestoreGenerators;
use Askr\Laravel\Listeners\RestoreHttpClient;
use Askr\Laravel\Listeners\RestoreLog;
use Askr\Laravel\Listeners\RestoreMessages;
use Askr\Laravel\Listeners\RestoreResources;
use Askr\Laravel\Listeners\RestoreTranslator;
use Askr\Laravel\Listeners\RestoreValidation;
use Carbon\CarbonImmutable;
use Illuminate\Auth\Notifications\ResetPassword;
use Illuminate\Broadcasting\BroadcastManager;
use Illuminate\Contracts\Auth\Access\Gate;
use Illuminate\Contracts\Debug\ExceptionHandler;
use Illuminate\Foundation\Application;
use Illuminate\Http\Client\Factory;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Resources\Json\JsonResource;
use Illuminate\Notifications\ChannelManager;
use Illuminate\Queue\Queue;
use Illuminate\Support\Carbon;
use Illuminate\Support\DateFactory;
use Illuminate\Support\Lottery;
use Illuminate\Support\Number;
use Illuminate\Support\Sleep;
use Illuminate\Support\Str;
use Illuminate\Validation\Rules\Password;
use PHPUnit\Framework\Attributes\Group;
use RuntimeException;
use Symfony\Component\VarDumper\VarDumper;

class ServiceStateTest extends StateTestCase
{
    public function test_the_array_cache_holds_what_was_put_there_while_booting(): void
    {
        $this->assertRestoredBy(
            FlushArrayCache::class,
            fn (Application $app): array => [
                $app['cache']->get('kept'),
                $app['cache']->get('left'),
                count($app['cache']->store()->getStore()->locks),
            ],
            function (Application $app): void {
                $app['cache']->put('left', 'behind');
                $app['cache']->lock('held', 60)->get();
            },
            fn (Application $app) => $app['cache']->put('kept', 'from booting'),
        );
    }

    public function test_a_disk_is_in_the_folder_that_is_configured(): void
    {
        $this->assertRestoredBy(
            RestoreDrivers::class,
            fn (Application $app): string => $app['filesystem']->disk('tenant')->path('leaf'),
            function (Application $app): void {
                $app['config']->set('filesystems.disks.tenant.root', '/tenants/7');
                $app['filesystem']->forgetDisk('tenant');
            },
            fn (Application $app) => $app['config']->set(
                'filesystems.disks.tenant',
                ['driver' => 'local', 'root' => '/tenants/none'],
            ),
        );
    }

    public function test_managers_have_the_makers_and_drivers_they_were_booted_with(): void
    {
        $managers = ['cache' => 'customCreators', 'hash' => 'customCreators', 'session' => 'customCreators',
            'mail.manager' => 'customCreators', 'queue' => 'connectors', BroadcastManager::class => 'customCreators',
            ChannelManager::class => 'customCreators'];

        foreach ($managers as $service => $property) {
            $this->assertRestoredBy(
                RestoreDrivers::class,
                fn (Application $app): array => array_keys(self::property($app->make($service), $property)),
                fn (Application $app) => $app->make($service)->extend('late', fn () => null),
                fn (Application $app) => $app->make($service),
            );
            $this->refreshApplication();
        }
    }

    public function test_the_log_says_nothing_of_the_request_before(): void
    {
        $this->assertRestoredBy(
            RestoreLog::class,
            fn (Application $app): array => [
                $app['log']->sharedContext(),
                self::property($app['log']->channel('null'), 'context'),
                count($app['log']->channel('null')->getLogger()->getProcessors()),
                array_keys($app['log']->getChannels()),
            ],
            function (Application $app): void {
                $app['log']->shareContext(['user' => 7]);
                $app['log']->channel('null')->withContext(['cart' => 8]);
                $app['log']->channel('null')->getLogger()->pushProcessor(fn ($record) => $record);
                $app['log']->channel('stderr');
            },
            fn (Application $app) => $app['log']->channel('null'),
        );
    }

    public function test_the_exception_handler_reports_what_the_application_wants_reported(): void
    {
        $this->assertRestoredBy(
            RestoreExceptionHandler::class,
            fn (Application $app): bool => $app->make(ExceptionHandler::class)->shouldReport(new RuntimeException),
            fn (Application $app) => $app->make(ExceptionHandler::class)->ignore(RuntimeException::class),
        );
    }

    public function test_values_are_dumped_as_the_application_wants(): void
    {
        $this->beforeApplicationDestroyed(fn () => VarDumper::setHandler(null));

        $this->assertRestoredBy(
            RestoreDumper::class,
            fn (): mixed => VarDumper::dump(1),
            fn (): mixed => VarDumper::setHandler(fn (): string => 'of a request'),
            fn (): mixed => VarDumper::setHandler(fn (): string => 'of the application'),
        );
    }

    public function test_the_gate_knows_the_abilities_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreAuthorization::class,
            fn (Application $app): array => array_keys($app->make(Gate::class)->abilities()),
            fn (Application $app) => $app->make(Gate::class)->define('late', fn () => true),
            fn (Application $app) => $app->make(Gate::class)->define('early', fn () => true),
        );
    }

    public function test_rules_are_those_of_the_application(): void
    {
        $this->assertRestoredBy(
            RestoreValidation::class,
            fn (Application $app): array => [
                array_keys(self::property($app['validator'], 'extensions')),
                self::property(Password::defaults(), 'min'),
            ],
            function (Application $app): void {
                $app['validator']->extend('late', fn () => true);
                Password::defaults(fn () => Password::min(20));
            },
        );
    }

    public function test_the_http_client_sends_what_the_application_wants_sent(): void
    {
        $this->assertRestoredBy(
            RestoreHttpClient::class,
            fn (Application $app): array => [
                count(self::property($app->make(Factory::class), 'globalMiddleware')),
                self::property($app->make(Factory::class), 'globalOptions'),
            ],
            function (Application $app): void {
                $app->make(Factory::class)->globalOptions(['timeout' => 7]);
                $app->make(Factory::class)->globalRequestMiddleware(fn ($request) => $request);
            },
            fn (Application $app) => $app->make(Factory::class)->globalOptions(['timeout' => 3]),
        );
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_failed_responses_are_shown_as_the_application_wants(): void
    {
        $this->assertRestoredBy(
            RestoreHttpClient::class,
            fn (): mixed => self::property(RequestException::class, 'truncateAt'),
            fn (): mixed => RequestException::dontTruncate(),
        );
    }

    public function test_the_language_is_the_configured_one(): void
    {
        $this->assertRestoredBy(
            FlushLocaleState::class,
            fn (Application $app): array => [$app->getLocale(), $app['translator']->getFallback(), Carbon::getLocale()],
            function (Application $app): void {
                $app->setLocale('nb');
                $app->setFallbackLocale('nn');
            },
        );
    }

    public function test_missing_texts_are_handled_as_the_application_wants(): void
    {
        $this->assertRestoredBy(
            RestoreTranslator::class,
            fn (Application $app): array => [
                $app['translator']->get('nowhere.to.be.found'),
                count(self::property($app['translator'], 'parsed')) > 50,
            ],
            function (Application $app): void {
                $app['translator']->handleMissingKeysUsing(fn (): string => 'missing');
                array_map($app['translator']->get(...), array_map('strval', range(1, 60)));
            },
        );
    }

    public function test_identifiers_chance_and_sleep_are_real(): void
    {
        $this->assertRestoredBy(
            RestoreGenerators::class,
            fn (): array => [
                (string) Str::uuid() === (string) Str::uuid(),
                Str::random(8) === 'frozen',
                Lottery::odds(0, 1)->choose(),
                self::property(Sleep::class, 'fake'),
            ],
            function (): void {
                Str::createUuidsUsing(fn (): string => 'frozen');
                Str::createRandomStringsUsing(fn (): string => 'frozen');
                Lottery::alwaysWin();
                Sleep::fake();
            },
        );
    }

    public function test_time_goes_on(): void
    {
        $this->assertRestoredBy(
            RestoreClock::class,
            fn (Application $app): array => [
                Carbon::hasTestNow(),
                $app->make(DateFactory::class)->now()::class,
                Carbon::getWeekendDays(),
            ],
            function (): void {
                Carbon::setTestNow('2001-02-03');
                Carbon::setWeekendDays([5]);
                DateFactory::use(CarbonImmutable::class);
            },
        );
    }

    public function test_numbers_resources_and_messages_look_as_the_application_wants(): void
    {
        $this->assertRestoredBy(
            RestoreFormats::class,
            fn (): string => self::property(Number::class, 'locale'),
            fn (): mixed => Number::useLocale('nb'),
        );
        $this->assertRestoredBy(
            RestoreResources::class,
            fn (): ?string => JsonResource::$wrap,
            fn (): mixed => JsonResource::withoutWrapping(),
        );
        $this->assertRestoredBy(
            RestoreMessages::class,
            fn (): bool => ResetPassword::$createUrlCallback !== null,
            fn (): mixed => ResetPassword::createUrlUsing(fn (): string => 'https://tenant.test'),
        );
    }

    public function test_lists_of_callbacks_do_not_grow(): void
    {
        $this->assertRestoredBy(
            RestoreCallbacks::class,
            fn (): int => count(self::property(Queue::class, 'createPayloadCallbacks'), COUNT_RECURSIVE),
            fn (): mixed => Queue::createPayloadUsing(fn (): array => []),
        );
    }
}
