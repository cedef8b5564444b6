<?php

declare(strict_types=1);

namespace Askr\Laravel\Socket;

/**
 * A Unix socket that is written to and read from by a deadline.
 */
class RespStream
{
    private const CHUNK_BYTES = 1 << 18;

    private string $buffer = '';

    private int $position = 0;

    private float $deadline = 0;

    /** @param  resource  $stream */
    private function __construct(private $stream)
    {
        stream_set_blocking($stream, false);
        stream_set_chunk_size($stream, self::CHUNK_BYTES);
    }

    /** Connect, or give null when nobody listens there. */
    public static function connect(string $path, float $timeoutSeconds): ?self
    {
        $stream = @stream_socket_client("unix://{$path}", $code, $message, $timeoutSeconds);

        return $stream === false ? null : new self($stream);
    }

    /** Whether the other end is there, and has said nothing that nobody asked for. */
    public function isQuiet(): bool
    {
        return $this->position === strlen($this->buffer)
            && @fread($this->stream, 1) === ''
            && ! feof($this->stream);
    }

    /** From now on, reading and writing give up after so many seconds. */
    public function expectWithin(float $seconds): void
    {
        $this->deadline = hrtime(true) / 1e9 + $seconds;
    }

    /** Write all of it, and say whether the other end has taken it. */
    public function write(string $bytes): bool
    {
        for ($sent = 0; $sent < strlen($bytes);) {
            $written = @fwrite($this->stream, substr($bytes, $sent, self::CHUNK_BYTES));

            if ($written === false) {
                return false;
            }

            if ($written === 0 && ! $this->wait(isForWriting: true)) {
                return false;
            }

            $sent += $written;
        }

        return true;
    }

    /** The next line without its end, or null when none comes. */
    public function line(): ?string
    {
        while (($end = strpos($this->buffer, "\r\n", $this->position)) === false) {
            if (! $this->fill()) {
                return null;
            }
        }

        $line = substr($this->buffer, $this->position, $end - $this->position);
        $this->position = $end + 2;

        return $line;
    }

    /** So many bytes and the end of a line behind them, or null when they do not come. */
    public function bytes(int $count): ?string
    {
        while (strlen($this->buffer) - $this->position < $count + 2) {
            if (! $this->fill()) {
                return null;
            }
        }

        $bytes = substr($this->buffer, $this->position, $count);
        $this->position += $count + 2;

        return $bytes;
    }

    private function fill(): bool
    {
        if ($this->position > 0) {
            $this->buffer = substr($this->buffer, $this->position);
            $this->position = 0;
        }

        do {
            $read = @fread($this->stream, self::CHUNK_BYTES);

            if ($read !== false && $read !== '') {
                $this->buffer .= $read;

                return true;
            }
        } while ($read === '' && ! feof($this->stream) && $this->wait(isForWriting: false));

        return false;
    }

    /** A signal may end the wait early; the deadline holds all the same. */
    private function wait(bool $isForWriting): bool
    {
        $left = $this->deadline - hrtime(true) / 1e9;

        if ($left <= 0) {
            return false;
        }

        $read = $isForWriting ? null : [$this->stream];
        $write = $isForWriting ? [$this->stream] : null;
        $except = null;
        @stream_select($read, $write, $except, (int) $left, (int) (fmod($left, 1) * 1e6));

        return true;
    }
}
