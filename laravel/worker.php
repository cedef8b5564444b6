<?php

declare(strict_types=1);

/*
 * Boots the application once, and serves requests with it until the server wants
 * the process back. `php artisan askr:start` runs this file; your own server would
 * be given it as `--worker-script`, with ASKR_APP_BASE naming the application.
 */

use Askr\Laravel\Native\NativeBridge;
use Askr\Laravel\Paranoid\Inspector;
use Askr\Laravel\Worker\ApplicationFactory;
use Askr\Laravel\Worker\RequestMarshaller;
use Askr\Laravel\Worker\ResponseEmitter;
use Askr\Laravel\Worker\SapiClient;
use Askr\Laravel\Worker\Sendfile;
use Askr\Laravel\Worker\Worker;

(static function (): void {
    $base = getenv('ASKR_APP_BASE') ?: getenv('APP_BASE_PATH');

    if ($base === false || $base === '') {
        throw new RuntimeException('ASKR_APP_BASE is not set: set it to the folder of the Laravel application.');
    }

    // The release, not a link to it: that may lead to the next one while this worker serves.
    $base = realpath($base) ?: $base;

    $autoload = (getenv('COMPOSER_VENDOR_DIR') ?: "{$base}/vendor").'/autoload.php';

    if (! is_file($autoload)) {
        throw new RuntimeException("There is no {$autoload}: run `composer install` in {$base}.");
    }

    require_once $autoload;

    // Asked now: the application's `.env` is not to decide what its server sends and watches.
    $sendfile = Sendfile::fromEnvironment();
    $isWatched = ! in_array(getenv('ASKR_PARANOID'), [false, '', 'off'], true);

    try {
        $app = (new ApplicationFactory($base))->create();
    } finally {
        // Laravel's handler would render a page where there is no request, or append
        // one to half a response. Without it the server is given class, message and
        // place, ends a boot that failed, and cuts a response that broke off.
        set_exception_handler(null);
    }

    // Where the front controller is: relative paths name the same files as under FPM.
    if (is_dir($app->publicPath())) {
        chdir($app->publicPath());
    }

    (new Worker(
        $app,
        $bridge = new NativeBridge,
        new SapiClient(new RequestMarshaller, new ResponseEmitter($bridge), $sendfile),
        $isWatched ? Inspector::fromEnvironment($app) : null,
    ))->run();
})();
