<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Illuminate\Http\JsonResponse;
use Illuminate\Http\Request;

class SlowController
{
    private const PAUSE_MS_MAX = 30_000;

    /** Answer after `?ms=` milliseconds. */
    public function __invoke(Request $request): JsonResponse
    {
        $pauseMs = min(max($request->integer('ms', 500), 0), self::PAUSE_MS_MAX);

        usleep($pauseMs * 1000);

        return new JsonResponse(['slept_ms' => $pauseMs]);
    }
}
