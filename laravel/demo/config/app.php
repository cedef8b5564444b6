<?php

declare(strict_types=1);

// Laravel merges its own defaults under every file of this folder, so each
// one states only what this application wants otherwise.

return [

    'name' => env('APP_NAME', 'Askr demo'),

    'env' => env('APP_ENV', 'production'),

    'debug' => (bool) env('APP_DEBUG', false),

    'url' => env('APP_URL', 'http://127.0.0.1:8000'),

    'key' => env('APP_KEY'),

];
