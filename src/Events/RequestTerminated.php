<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * The response has been sent and everything after it has run.
 */
final readonly class RequestTerminated
{
    public function __construct(
        public Application $app,
        public Request $request,
        public Response $response,
    ) {
    }
}
