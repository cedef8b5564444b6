<?php

declare(strict_types=1);

/*
 * Boots the application as `laravel/worker.php` does, answers one request with it,
 * and forks processes that die at once: a replacement cannot take less. Prints the
 * microseconds from each fork until the dead process was waited for.
 */

use Askr\Laravel\Worker\ApplicationFactory;
use Illuminate\Contracts\Http\Kernel;
use Illuminate\Http\Request;

(static function (int $forks): void {
    $base = getenv('ASKR_APP_BASE');
    require_once "{$base}/vendor/autoload.php";

    $app = (new ApplicationFactory($base))->create();
    $response = $app->make(Kernel::class)->handle(Request::create('/json'));

    if ($response->getStatusCode() !== 200) {
        throw new RuntimeException("The application answered {$response->getStatusCode()}.");
    }

    for ($fork = 0; $fork < $forks; $fork++) {
        $startedNs = hrtime(true);
        $child = pcntl_fork();

        if ($child === 0) {
            posix_kill(getmypid(), SIGKILL);
        }

        if ($child < 0 || pcntl_waitpid($child, $status) !== $child) {
            throw new RuntimeException('There is no child to wait for.');
        }

        echo intdiv(hrtime(true) - $startedNs, 1000), PHP_EOL;
    }
})((int) $argv[1]);
