<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\Paranoid;

use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Paranoid\Trial\Target;
use Askr\Laravel\Paranoid\Trial\Targets;
use Askr\Laravel\Testing\Fakes\FakeServerProcess;
use Askr\Laravel\Tests\TestCase;

class ParanoidCommandTest extends TestCase
{
    public function test_the_server_is_a_private_one_with_one_worker_and_a_free_port(): void
    {
        $this->app->instance(ServerProcess::class, $server = new FakeServerProcess(exitCode: 70));
        $this->app->make('config')->set('askr.binary', dirname(__DIR__, 2).'/fixtures/laravel/askr');

        $this->artisan('askr:paranoid', ['urls' => ['/'], '--vendor' => ['livewire/*', 'spatie/*']])
            ->expectsOutputToContain('The server does not serve')
            ->assertExitCode(2);

        $this->assertSame([
            '--listen', 'http://127.0.0.1:0', '--http-redirect', 'off', '--control-socket', sys_get_temp_dir().'/askr-paranoid-'.getmypid().'.sock',
            '--isolation', 'worker', '--workers', '1', '--max-requests', '0', '--log-level', 'info', '--log-format', 'json',
            '--paranoid', 'on', '--paranoid-vendor', 'livewire/*,spatie/*',
        ], array_slice($server->invocation->command, 6));
    }

    public function test_the_server_has_this_application_alone(): void
    {
        $this->app->instance(ServerProcess::class, $server = new FakeServerProcess(exitCode: 70));
        $this->app->make('config')->set([
            'askr.binary' => dirname(__DIR__, 2).'/fixtures/laravel/askr',
            'askr.server' => ['hsts' => '1h', 'hosts' => ['shop' => ['names' => ['shop.test']]], 'redirects' => ['secure' => ['from' => 'http://', 'to' => 'https://']]],
        ]);

        $this->artisan('askr:paranoid', ['urls' => ['/']])->assertExitCode(2);

        $this->assertSame(
            ['hsts', 'listen'],
            array_keys(json_decode($server->invocation->environment['ASKR_LARAVEL_CONFIG'], true)),
        );
    }

    public function test_a_list_that_is_not_there_is_named(): void
    {
        $this->artisan('askr:paranoid', ['--file' => '/nowhere/urls.txt'])
            ->expectsOutputToContain('[/nowhere/urls.txt] cannot be read')
            ->assertExitCode(2);
    }

    public function test_the_routes_that_need_no_parameter_are_visited(): void
    {
        $router = $this->app->make('router');
        $router->get('plain', fn () => '');
        $router->get('optional/{page?}', fn () => '');
        $router->get('needed/{id}', fn () => '');
        $router->post('posted', fn () => '');
        $router->domain('admin.test')->get('inside', fn () => '');
        $router->domain('{tenant}.test')->get('anywhere', fn () => '');

        $paths = array_map(
            fn (Target $target): string => $target->toString(),
            $this->app->make(Targets::class)->choose([], null),
        );

        $this->assertContains('/', $paths);
        $this->assertEqualsCanonicalizing(
            ['admin.test/inside', '/plain', '/optional/'],
            array_values(array_intersect($paths, ['/plain', '/optional/', '/needed/{id}', '/posted', 'admin.test/inside', '/anywhere'])),
        );
    }

    public function test_a_list_has_one_url_on_each_line(): void
    {
        $file = tempnam(sys_get_temp_dir(), 'askr-urls-');
        file_put_contents($file, "# what customers see\n\n/ \nhttp://shop.test/orders\n");

        $targets = $this->app->make(Targets::class)->choose([], $file);
        unlink($file);

        $this->assertSame(['/', 'shop.test/orders'], array_map(fn (Target $target): string => $target->toString(), $targets));
    }
}
