<?php

declare(strict_types=1);

return [

    /*
    |--------------------------------------------------------------------------
    | Paths for Other Origins
    |--------------------------------------------------------------------------
    |
    | Pages of other origins have nothing to ask this application for. What the
    | framework allows unless told otherwise, api/* and sanctum/csrf-cookie, is
    | not here, and looking for it in every request would cost some 40 µs.
    |
    */

    'paths' => [],

];
