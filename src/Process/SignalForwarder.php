<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Closure;

/**
 * Passes on the signals that were meant for the server.
 */
class SignalForwarder
{
    /** A signal of the kernel: Ctrl-C in a terminal, which every process of the foreground gets. */
    private const SENT_BY_KERNEL = 0x80;

    /** @var array<int, mixed> */
    private array $before = [];

    private bool $hasForwarded = false;

    /**
     * Give signals to the receiver, from now on and until `restore()`.
     *
     * The server takes a second signal for impatience, and does not wait for the
     * requests that run. So a Ctrl-C is not passed on, which it gets by itself, and
     * the first of other signals is passed on as SIGQUIT, which it takes for none:
     * a service manager signals the server as well as this process.
     *
     * @param  Closure(int): void  $receiver
     */
    public function forward(Closure $receiver): void
    {
        if (! extension_loaded('pcntl')) {
            return;
        }

        pcntl_async_signals(true);

        foreach ([SIGINT, SIGTERM, SIGHUP] as $signal) {
            $this->before[$signal] = pcntl_signal_get_handler($signal);

            pcntl_signal($signal, function (int $signal, mixed $details) use ($receiver): void {
                // A terminal that was closed: to the server this signal means new workers.
                $isHangup = $signal === SIGHUP;

                if (! $isHangup && ($details['code'] ?? null) === self::SENT_BY_KERNEL) {
                    return;
                }

                $receiver($this->hasForwarded && ! $isHangup ? $signal : SIGQUIT);
                $this->hasForwarded = true;
            });
        }
    }

    /** Put back what handled the signals before. */
    public function restore(): void
    {
        foreach ($this->before as $signal => $handler) {
            pcntl_signal($signal, $handler);
        }

        $this->before = [];
    }
}
