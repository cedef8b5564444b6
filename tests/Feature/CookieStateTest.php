<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Symfony\Component\HttpFoundation\Response;

class CookieStateTest extends TestCase
{
    public function test_queued_cookies_do_not_reach_the_next_request(): void
    {
        $client = $this->serve([
            'queue' => function (): string {
                $this->app->make('cookie')->queue('flavour', 'ash');

                return 'queued';
            },
            'plain' => fn (): string => 'plain',
        ], '/queue', '/plain', '/queue');

        $this->assertSame([true, false, true], array_map($this->hasFlavour(...), $client->responses));
    }

    public function test_cookies_that_nothing_sent_do_not_reach_the_next_request(): void
    {
        $this->app->make('router')->get('/unsent', function (): string {
            $this->app->make('cookie')->queue('flavour', 'ash');

            return 'queued outside the web middleware';
        });

        $client = $this->serve(['plain' => fn (): string => 'plain'], '/unsent', '/plain', '/unsent');

        $this->assertSame([false, false, false], array_map($this->hasFlavour(...), $client->responses));
    }

    private function hasFlavour(Response $response): bool
    {
        return array_filter(
            $response->headers->getCookies(),
            fn ($cookie): bool => $cookie->getName() === 'flavour',
        ) !== [];
    }
}
