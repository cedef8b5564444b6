<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Generator;
use Illuminate\Contracts\Routing\ResponseFactory;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\StreamedResponse;

class StreamController
{
    private const LINES_MAX = 1000;

    private const PAUSE_MS_MAX = 1000;

    /** Send `?lines=` lines, one every `?ms=` milliseconds. */
    public function __invoke(Request $request, ResponseFactory $responses): StreamedResponse
    {
        $lines = min(max($request->integer('lines', 5), 1), self::LINES_MAX);
        $pauseMs = min(max($request->integer('ms', 200), 0), self::PAUSE_MS_MAX);

        return $responses->stream(function () use ($lines, $pauseMs): Generator {
            for ($line = 1; $line <= $lines; $line++) {
                yield "line {$line} of {$lines}\n";

                usleep($pauseMs * 1000);
            }
        }, 200, ['Content-Type' => 'text/plain; charset=utf-8']);
    }
}
