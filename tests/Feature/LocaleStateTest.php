<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;
use Illuminate\Support\Carbon;

class LocaleStateTest extends TestCase
{
    public function test_the_language_of_one_request_is_not_spoken_in_the_next(): void
    {
        $bodies = $this->bodies([
            'norwegian' => function (): string {
                $before = $this->languages();
                $this->app->setLocale('nb');
                $this->app->setFallbackLocale('nn');

                return $before;
            },
            'plain' => fn (): string => $this->languages(),
        ], '/norwegian', '/plain', '/norwegian');

        $this->assertSame(['en en en en', 'en en en en', 'en en en en'], $bodies);
    }

    private function languages(): string
    {
        return implode(' ', [
            $this->app->getLocale(),
            $this->app->make('translator')->getLocale(),
            $this->app->make('translator')->getFallback(),
            Carbon::getLocale(),
        ]);
    }
}
