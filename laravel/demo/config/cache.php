<?php

declare(strict_types=1);

return [

    'default' => env('CACHE_STORE', 'file'),

    'prefix' => env('CACHE_PREFIX', 'askr-demo-cache-'),

];
