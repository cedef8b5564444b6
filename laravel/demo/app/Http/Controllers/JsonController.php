<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

class JsonController
{
    /** Answer with JSON, through everything the `web` middleware does. */
    public function __invoke(Request $request): JsonResponse
    {
        return new JsonResponse([
            'stack' => 'laravel',
            'message' => 'Hello from the warm application.',
            'path' => $request->path(),
            'query' => $request->query(),
        ]);
    }
}
