<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

/**
 * The application has a response; no byte of it has been sent.
 */
final readonly class RequestHandled
{
    public function __construct(
        public Application $app,
        public Request $request,
        public Response $response,
    ) {
    }
}
