<?php

declare(strict_types=1);

/*
 * What `laravel/worker.php` does, without putting anything back between requests:
 * no sandbox, no events, no listeners. It exists to be measured against.
 */

use Askr\Laravel\Native\NativeBridge;
use Askr\Laravel\Worker\ApplicationFactory;
use Askr\Laravel\Worker\RequestMarshaller;
use Askr\Laravel\Worker\ResponseEmitter;
use Askr\Laravel\Worker\SapiClient;
use Illuminate\Contracts\Http\Kernel;

(static function (): void {
    $base = getenv('ASKR_APP_BASE');
    require_once "{$base}/vendor/autoload.php";

    $app = (new ApplicationFactory($base))->create();
    set_exception_handler(null);

    $bridge = new NativeBridge;
    $client = new SapiClient(new RequestMarshaller, new ResponseEmitter);
    $kernel = $app->make(Kernel::class);
    $bridge->cowReady();

    $cookies = $app->make('cookie');

    $handler = static function () use ($bridge, $client, $kernel, $cookies): void {
        // The demo keeps sessions in cookies: each answer would have one cookie more.
        $cookies->flushQueuedCookies();
        $request = $client->receive();
        $response = $kernel->handle($request);
        $client->respond($response);
        $bridge->finishRequest();
        $kernel->terminate($request, $response);
    };

    while ($bridge->handleRequest($handler)) {
        // Everything happens in the handler.
    }
})();
