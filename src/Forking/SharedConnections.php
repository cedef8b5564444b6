<?php

declare(strict_types=1);

namespace Askr\Laravel\Forking;

use Askr\Laravel\Events\TemplateForking;

/**
 * Says which connections are still open, so that all workers would talk through the same one.
 */
class SharedConnections
{
    /** The log of the server, as `error_log()` calls it; others can be turned elsewhere. */
    private const SERVER_LOG = 4;

    public function __construct(private OpenSockets $sockets = new OpenSockets)
    {
    }

    /** Name each of them in the log. */
    public function report(): void
    {
        foreach ($this->sockets->peers() as $peer) {
            error_log(
                "[askr] a connection to {$peer} is open while workers are forked, and all of them would write to it. "
                .'Close it in a listener of '.TemplateForking::class.'.',
                self::SERVER_LOG,
            );
        }
    }
}
