<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Worker;

use Askr\Laravel\Events\WorkerStarting;
use Askr\Laravel\Events\WorkerStopping;
use Askr\Laravel\Worker\Notifier;
use Illuminate\Config\Repository;
use Illuminate\Events\Dispatcher;
use Illuminate\Foundation\Application;
use PHPUnit\Framework\TestCase;

class NotifierTest extends TestCase
{
    public function test_configured_listeners_come_first_and_in_their_order(): void
    {
        $app = $this->application([WorkerStarting::class => [FirstListener::class, SecondListener::class]]);
        $app->make('events')->listen(WorkerStarting::class, fn () => Heard::$by[] = 'application');

        (new Notifier($app))->notify(new WorkerStarting($app));

        $this->assertSame([FirstListener::class, SecondListener::class, 'application'], Heard::$by);
    }

    public function test_configured_listeners_hear_what_they_listen_for_alone(): void
    {
        $app = $this->application([WorkerStarting::class => [FirstListener::class]]);

        (new Notifier($app))->notify(new WorkerStopping($app));

        $this->assertSame([], Heard::$by);
    }

    public function test_a_listener_is_made_once(): void
    {
        $app = $this->application([WorkerStarting::class => [FirstListener::class]]);
        $notifier = new Notifier($app);

        $notifier->notify(new WorkerStarting($app));
        $notifier->notify(new WorkerStarting($app));

        $this->assertSame(1, FirstListener::$made);
    }

    /** @param  array<class-string, list<class-string>>  $listeners */
    private function application(array $listeners): Application
    {
        Heard::$by = [];
        FirstListener::$made = 0;

        $app = new Application;
        $app->instance('config', new Repository(['askr' => ['listeners' => $listeners]]));
        $app->instance('events', new Dispatcher($app));

        return $app;
    }
}

class Heard
{
    /** @var list<string> */
    public static array $by = [];
}

class FirstListener
{
    public static int $made = 0;

    public function __construct()
    {
        self::$made++;
    }

    public function handle(WorkerStarting $event): void
    {
        Heard::$by[] = static::class;
    }
}

class SecondListener
{
    public function handle(WorkerStarting $event): void
    {
        Heard::$by[] = static::class;
    }
}
