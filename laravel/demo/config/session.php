<?php

declare(strict_types=1);

return [

    'driver' => env('SESSION_DRIVER', 'cookie'),

    'lifetime' => (int) env('SESSION_LIFETIME', 120),

    'cookie' => env('SESSION_COOKIE', 'askr_demo_session'),

];
