<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use Askr\Laravel\Tests\TestCase;

class ConfigurationStateTest extends TestCase
{
    public function test_what_a_request_changes_is_changed_back(): void
    {
        $bodies = $this->bodies(['/rename' => function (): string {
            $config = $this->app->make('config');
            $before = $config->get('app.name').' '.($config->has('app.extra') ? 'extra' : 'plain');
            $config->set(['app.name' => 'renamed', 'app.extra' => true]);

            return $before;
        }], '/rename', '/rename', '/rename');

        $this->assertSame(['Askr demo plain', 'Askr demo plain', 'Askr demo plain'], $bodies);
    }

    public function test_the_repository_that_services_keep_stays_the_one_there_is(): void
    {
        $kept = $this->app->make('config');

        $bodies = $this->bodies(
            ['/same' => fn (): string => $this->app->make('config') === $kept ? 'same' : 'another'],
            '/same', '/same', '/same',
        );

        $this->assertSame(['same', 'same', 'same'], $bodies);
    }
}
