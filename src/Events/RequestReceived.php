<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;

/**
 * A request has arrived and the state of the one before is gone.
 */
final readonly class RequestReceived
{
    public function __construct(
        public Application $app,
        public Request $request,
    ) {
    }
}
