<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Closure;
use Illuminate\Http\Request;
use Illuminate\Log\Context\Repository;
use PHPUnit\Framework\Attributes\Group;

class RequestNameTest extends TestCase
{
    #[Group(self::SINCE_LARAVEL_11)]
    public function test_the_context_of_a_request_has_its_id(): void
    {
        $this->assertSame(
            ['{"request_id":"one"}', '{"request_id":"two"}', '[]'],
            $this->contextOf('one', 'two', null),
        );
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_a_context_that_was_made_while_booting_has_it_too(): void
    {
        $this->app->make(Repository::class)->add('release', 42);

        $this->assertSame(
            ['{"release":42,"request_id":"one"}', '{"release":42}', '{"release":42,"request_id":"three"}'],
            $this->contextOf('one', null, 'three'),
        );
    }

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_nobody_makes_a_context_that_nobody_wants(): void
    {
        $isMade = fn (): string => var_export($this->app->resolved(Repository::class), true);

        $this->assertSame(['false'], $this->bodies(['a' => $isMade], $this->named('one')));
    }

    public function test_log_lines_have_it(): void
    {
        $lines = [];
        $write = function (): string {
            $this->app->make('log')->info('something');

            return '';
        };
        $this->app->make('log')->extend('kept', function () use (&$lines) {
            $handler = new \Monolog\Handler\TestHandler;
            $lines[] = $handler;

            return new \Monolog\Logger('kept', [$handler]);
        });
        $this->app->make('config')->set('logging.channels.kept', ['driver' => 'kept']);
        $this->app->make('config')->set('logging.default', 'kept');

        $this->bodies(['a' => $write], $this->named('one'), $this->named('two'));

        $records = array_merge(...array_map(fn ($handler): array => $handler->getRecords(), $lines));
        $this->assertSame(['one', 'two'], array_map(
            fn ($record) => $record['extra']['request_id'] ?? $record['context']['request_id'] ?? null,
            $records,
        ));
    }

    public function test_another_server_names_nothing(): void
    {
        $request = Request::create('/a', server: ['REQUEST_ID' => 'one', 'SERVER_SOFTWARE' => 'nginx/1.29']);

        $this->assertSame(['null'], $this->bodies(['a' => $this->nameOfTheRequest()], $request));
    }

    /**
     * @return list<string>
     */
    private function contextOf(?string ...$ids): array
    {
        $context = fn (): string => (string) json_encode($this->app->make(Repository::class)->all());

        return $this->bodies(['a' => $context], ...array_map($this->named(...), $ids));
    }

    private function nameOfTheRequest(): Closure
    {
        return fn (): string => json_encode(\Askr\Laravel\Logging\RequestName::of($this->app->make('request')));
    }

    private function named(?string $id): Request
    {
        return Request::create('/a', server: array_filter([
            'REQUEST_ID' => $id,
            'SERVER_SOFTWARE' => 'askr/0.1.0',
        ]));
    }
}
