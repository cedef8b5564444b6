<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Illuminate\Foundation\Application;
use Illuminate\Http\Request;

/**
 * The circumstances of an inspection: the reset is done, and the request has not begun.
 */
final readonly class Moment
{
    /**
     * @param  Request  $request  The one that is about to be handled.
     * @param  int  $requests  How many have ended since the last inspection.
     */
    public function __construct(
        public Application $app,
        public Request $request,
        public int $requests,
    ) {
    }
}
