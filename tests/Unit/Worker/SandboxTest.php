<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Worker;

use Askr\Laravel\Worker\Sandbox;
use Illuminate\Container\Container;
use Illuminate\Foundation\Application;
use PHPUnit\Framework\TestCase;
use stdClass;

class SandboxTest extends TestCase
{
    public function test_the_container_is_again_what_it_was(): void
    {
        $app = new Application('/base');
        $app->instance('kept', $kept = new stdClass);
        $sandbox = new Sandbox($app);

        $app->instance('kept', new stdClass);
        $app->bind('added', stdClass::class);
        $app->extend('kept', fn () => new stdClass);
        $app->useStoragePath('/elsewhere');
        $sandbox->renew();

        $this->assertSame($kept, $app->make('kept'));
        $this->assertFalse($app->bound('added'));
        $this->assertSame('/base/storage', $app->storagePath());
    }

    public function test_it_can_be_renewed_again_and_again(): void
    {
        $app = new Application;
        $sandbox = new Sandbox($app);

        foreach ([1, 2, 3] as $time) {
            $sandbox->renew();
            $this->assertFalse($app->bound('added'), "time {$time}");
            $app->instance('added', new stdClass);
        }
    }

    public function test_another_current_container_does_not_stay(): void
    {
        $app = new Application;
        $sandbox = new Sandbox($app);

        Container::setInstance(new Container);
        $sandbox->renew();

        $this->assertSame($app, Container::getInstance());
    }

    public function test_an_application_with_constants_of_its_own_is_left_with_them(): void
    {
        $app = new class extends Application
        {
            public function __construct(public readonly string $tenant = 'ash')
            {
                parent::__construct();
            }
        };

        (new Sandbox($app))->renew();

        $this->assertSame('ash', $app->tenant);
    }

    public function test_building_that_was_left_halfway_does_not_stay_on_the_stack(): void
    {
        $app = new Application;
        $sandbox = new Sandbox($app);
        $app->bind('broken', fn () => throw new \RuntimeException('halfway'));

        try {
            $app->make('broken');
        } catch (\RuntimeException) {
            // That is the point.
        }

        $sandbox->renew();

        $this->assertSame([], (fn (): array => $this->buildStack)->call($app));
    }
}
