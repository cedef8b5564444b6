<?php

declare(strict_types=1);

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Events\TemplateForking;
use Askr\Laravel\Events\WorkerForked;
use Askr\Laravel\Forking\Preparation;
use Askr\Laravel\Worker\KeptServices;
use Askr\Laravel\Worker\Renewal;

return [

    /*
    |--------------------------------------------------------------------------
    | Server Binary
    |--------------------------------------------------------------------------
    |
    | The path of the askr binary, when it is somewhere special. Left empty, it
    | is looked for in the ASKR_BINARY environment variable, in vendor/bin, the
    | package's folder, beside the PHP that is running, and along your PATH.
    |
    */

    'binary' => env('ASKR_BINARY'),

    /*
    |--------------------------------------------------------------------------
    | Address
    |--------------------------------------------------------------------------
    |
    | The address and the port the server listens on. Options of askr:start win
    | over them, and so does a "listen" key in the application's askr.toml. A
    | port of 0 takes a free one, which is printed when the server is up.
    |
    */

    'host' => env('ASKR_HOST', '127.0.0.1'),

    'port' => env('ASKR_PORT', 8000),

    /*
    |--------------------------------------------------------------------------
    | Server Options
    |--------------------------------------------------------------------------
    |
    | Options of the server, by the names they have in askr.toml. An option that
    | is null is left to askr.toml, and to the server's own default after that;
    | `askr config` prints each value in effect, and the source it came from.
    |
    */

    'server' => [
        'workers' => env('ASKR_WORKERS', 'auto'),
        'max_requests' => env('ASKR_MAX_REQUESTS', 10000),
        'boot_timeout' => env('ASKR_BOOT_TIMEOUT'),
        'shutdown_timeout' => env('ASKR_SHUTDOWN_TIMEOUT'),
        'head_limit' => env('ASKR_HEAD_LIMIT'),
        'body_limit' => env('ASKR_BODY_LIMIT'),
        'header_timeout' => env('ASKR_HEADER_TIMEOUT'),
        'body_timeout' => env('ASKR_BODY_TIMEOUT'),
        'queue_limit' => env('ASKR_QUEUE_LIMIT'),
        'queue_timeout' => env('ASKR_QUEUE_TIMEOUT'),
        'log_level' => env('ASKR_LOG_LEVEL'),
        'log_format' => env('ASKR_LOG_FORMAT'),
        'paranoid' => env('ASKR_PARANOID'),
        'paranoid_vendor' => env('ASKR_PARANOID_VENDOR'),
        'paranoid_ignore' => env('ASKR_PARANOID_IGNORE'),
        'ini' => [
            // 'memory_limit' => '256M',
        ],
    ],

    /*
    |--------------------------------------------------------------------------
    | Server State File
    |--------------------------------------------------------------------------
    |
    | Where askr:start notes which process serves this application, and where
    | askr:stop and askr:status look it up. Each application needs its own.
    |
    */

    'state_file' => env('ASKR_STATE_FILE', storage_path('logs/askr-server-state.json')),

    /*
    |--------------------------------------------------------------------------
    | Listeners
    |--------------------------------------------------------------------------
    |
    | What runs at the moments of a worker's life. Those of RequestReceived run
    | ahead of all code of the application and renew its state, each one piece
    | of it. Add yours behind them; array_diff() leaves out one of the others.
    |
    */

    'listeners' => [
        RequestReceived::class => [
            ...Renewal::listeners(),
        ],

        // With copy-on-write: in the process that forks workers, and in each of them.
        TemplateForking::class => [
            ...Preparation::listeners(),
        ],

        WorkerForked::class => [
            //
        ],
    ],

    /*
    |--------------------------------------------------------------------------
    | Warm Routes
    |--------------------------------------------------------------------------
    |
    | Paths, or names of routes, that are requested once after booting, so that
    | no visitor waits for classes, views and models to be loaded. They run as
    | a guest and ahead of all visitors: choose pages that only show something.
    |
    */

    'warm' => [
        '/up',
    ],

    /*
    |--------------------------------------------------------------------------
    | Kept Services
    |--------------------------------------------------------------------------
    |
    | Services that are resolved once, when a worker boots, and kept. All other
    | singletons are made anew for a request that wants them. Put a service of
    | yours here when it is costly to make and keeps nothing of a request. An
    | unbound class, such as a middleware, is kept as one instance as well.
    |
    */

    'services' => [
        ...KeptServices::all(),
    ],

    /*
    |--------------------------------------------------------------------------
    | Flushed Services
    |--------------------------------------------------------------------------
    |
    | Services that something resolves while the application boots, and that each
    | request is to have made for itself: those that keep something of a request
    | and cannot be changed. Their bindings stay; the instance is forgotten.
    |
    */

    'flush' => [
        //
    ],

];
