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
    | over them, and so does "listen", below and in the application's askr.toml,
    | which may name several. A port of 0 takes a free one, which is printed.
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
        // Instead of host and port: "https://[::]:443", "unix:/run/shop.sock", or several, after commas.
        'listen' => env('ASKR_LISTEN'),

        // How many workers there are, and how long each lives.
        'workers' => env('ASKR_WORKERS', 'auto'),
        'max_requests' => env('ASKR_MAX_REQUESTS', 10000),
        'max_memory' => env('ASKR_MAX_MEMORY'),
        'max_age' => env('ASKR_MAX_AGE'),
        'boot_timeout' => env('ASKR_BOOT_TIMEOUT'),

        // What requests share, and from what workers are forked.
        'isolation' => env('ASKR_ISOLATION'),
        'cow' => env('ASKR_COW'),
        'refork_after' => env('ASKR_REFORK_AFTER'),

        // What requests may take, and how many may wait.
        'request_timeout' => env('ASKR_REQUEST_TIMEOUT'),
        'request_timeout_grace' => env('ASKR_REQUEST_TIMEOUT_GRACE'),
        'slow_request' => env('ASKR_SLOW_REQUEST'),
        'queue_limit' => env('ASKR_QUEUE_LIMIT'),
        'queue_timeout' => env('ASKR_QUEUE_TIMEOUT'),

        // How new code takes over.
        'canary_window' => env('ASKR_CANARY_WINDOW'),
        'canary_failures' => env('ASKR_CANARY_FAILURES'),
        'canary_latency' => env('ASKR_CANARY_LATENCY'),
        'health_path' => env('ASKR_HEALTH_PATH'),
        'rollback_keep' => env('ASKR_ROLLBACK_KEEP'),
        'watch' => env('ASKR_WATCH'),
        'watch_paths' => env('ASKR_WATCH_PATHS'),

        // Whom the server believes when they say for whom they ask.
        'trusted_proxies' => env('ASKR_TRUSTED_PROXIES'),
        'trusted_fields' => env('ASKR_TRUSTED_FIELDS'),
        'proxy_protocol' => env('ASKR_PROXY_PROTOCOL'),

        // What clients may send, and how slowly they may read.
        'head_limit' => env('ASKR_HEAD_LIMIT'),
        'field_limit' => env('ASKR_FIELD_LIMIT'),
        'request_line_limit' => env('ASKR_REQUEST_LINE_LIMIT'),
        'body_limit' => env('ASKR_BODY_LIMIT'),
        'header_timeout' => env('ASKR_HEADER_TIMEOUT'),
        'body_timeout' => env('ASKR_BODY_TIMEOUT'),
        'keep_alive_timeout' => env('ASKR_KEEP_ALIVE_TIMEOUT'),
        'connection_limit' => env('ASKR_CONNECTION_LIMIT'),
        'client_connection_limit' => env('ASKR_CLIENT_CONNECTION_LIMIT'),
        'http2' => env('ASKR_HTTP2'),
        'http2_streams' => env('ASKR_HTTP2_STREAMS'),
        'write_timeout' => env('ASKR_WRITE_TIMEOUT'),

        // How files are sent, and what PHP may have sent.
        'file_cache' => env('ASKR_FILE_CACHE'),
        'immutable' => env('ASKR_IMMUTABLE'),
        'symlinks' => env('ASKR_SYMLINKS'),
        'sendfile_roots' => env('ASKR_SENDFILE_ROOTS'),

        // What replies are compressed with, and which of them.
        'compress' => env('ASKR_COMPRESS'),
        'compress_min' => env('ASKR_COMPRESS_MIN'),
        'compress_types' => env('ASKR_COMPRESS_TYPES'),
        'compress_levels' => env('ASKR_COMPRESS_LEVELS'),

        // What all processes share: cache, counters, sessions and locks.
        'store_size' => env('ASKR_STORE_SIZE'),
        'store_value_max' => env('ASKR_STORE_VALUE_MAX'),
        'store_sessions' => env('ASKR_STORE_SESSIONS'),
        'store_file' => env('ASKR_STORE_FILE'),
        'store_socket' => env('ASKR_STORE_SOCKET'),

        // How connections are encrypted.
        'tls_cert' => env('ASKR_TLS_CERT'),
        'tls_key' => env('ASKR_TLS_KEY'),
        'tls_self_signed' => env('ASKR_TLS_SELF_SIGNED'),
        'tls_client_ca' => env('ASKR_TLS_CLIENT_CA'),
        'tls_client_auth' => env('ASKR_TLS_CLIENT_AUTH'),
        'tls_min' => env('ASKR_TLS_MIN'),
        'http_redirect' => env('ASKR_HTTP_REDIRECT'),
        'hsts' => env('ASKR_HSTS'),

        // The server itself.
        'shutdown_timeout' => env('ASKR_SHUTDOWN_TIMEOUT'),
        'control_socket' => env('ASKR_CONTROL_SOCKET'),
        'user' => env('ASKR_USER'),
        'log_level' => env('ASKR_LOG_LEVEL'),
        'log_format' => env('ASKR_LOG_FORMAT'),
        'log_file' => env('ASKR_LOG_FILE'),
        'access_log' => env('ASKR_ACCESS_LOG'),
        'access_log_format' => env('ASKR_ACCESS_LOG_FORMAT'),
        'access_log_fields' => env('ASKR_ACCESS_LOG_FIELDS'),
        'debug' => env('ASKR_DEBUG'),

        // State that requests leave to one another.
        'paranoid' => env('ASKR_PARANOID'),
        'paranoid_vendor' => env('ASKR_PARANOID_VENDOR'),
        'paranoid_ignore' => env('ASKR_PARANOID_IGNORE'),

        // Workers of their own for the paths below some prefixes.
        'pools' => [
            // 'slow' => ['paths' => ['/reports', '/export'], 'workers' => '1..2', 'request_timeout' => '10m'],
        ],

        // How many requests one client may send before it is answered 429, without PHP.
        'limits' => [
            // 'login' => ['paths' => ['/login'], 'key' => 'address', 'rate' => '5/1m', 'burst' => 10],
        ],

        // Applications beside this one, by the host names that are theirs.
        'hosts' => [
            // 'shop' => ['names' => ['shop.example', '*.shop.example'], 'app_base' => '/srv/shop', 'workers' => 2],
        ],

        // Requests that are sent elsewhere before anybody is asked.
        'redirects' => [
            // 'www' => ['from' => 'www.shop.example', 'to' => 'https://shop.example', 'status' => 301],
        ],

        // Settings of php.ini.
        'ini' => [
            // 'memory_limit' => '256M',
        ],
    ],

    /*
    |--------------------------------------------------------------------------
    | Shared Store
    |--------------------------------------------------------------------------
    |
    | The drivers named "askr" of cache and sessions. Without a server, as in a
    | pipeline, they use the cache store named here, or throw an exception. The
    | serializer is igbinary where it is loaded, else php; one can be chosen.
    |
    */

    'store' => [
        'fallback' => env('ASKR_STORE_FALLBACK'),
        'serializer' => env('ASKR_STORE_SERIALIZER'),
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
