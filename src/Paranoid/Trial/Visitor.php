<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

/**
 * Asks a server for one URL after the other, each on a connection of its own.
 */
class Visitor
{
    private const CHUNK_BYTES = 65536;

    /** What is kept of an answer: its head is in there. */
    private const KEPT_BYTES = 65536;

    /** @param  list<string>  $headers  Header fields to send, each a whole line. */
    public function __construct(
        private string $host,
        private array $headers,
        private float $timeout,
    ) {
    }

    /** Ask the server at an `http` URL for a target, and wait for the whole answer as long as is reasonable. */
    public function visit(string $url, Target $target, int $visit): Visit
    {
        $deadline = microtime(true) + $this->timeout;
        $stream = @stream_socket_client(str_replace('http://', 'tcp://', $url), $code, $message, $this->timeout);

        if ($stream === false) {
            return new Visit(null);
        }

        fwrite($stream, $this->request($target, $visit));
        stream_set_blocking($stream, false);
        $answer = $this->read($stream, $deadline);
        fclose($stream);

        return Visit::of($answer);
    }

    private function request(Target $target, int $visit): string
    {
        return implode("\r\n", [
            "GET {$target->markedWith($visit)} HTTP/1.1",
            'Host: '.($target->host ?? $this->host),
            "User-Agent: askr-paranoid/{$visit}",
            'Accept: text/html, */*',
            'Connection: close',
            ...$this->headers,
            '',
            '',
        ]);
    }

    /**
     * Everything until the server closes, or nothing when it does not in time.
     *
     * @param  resource  $stream
     */
    private function read($stream, float $deadline): string
    {
        $answer = '';

        while (! feof($stream)) {
            $left = $deadline - microtime(true);

            if ($left <= 0) {
                return '';
            }

            $read = [$stream];
            $none = null;
            @stream_select($read, $none, $none, (int) $left, (int) (fmod($left, 1) * 1e6));
            $answer = substr($answer.fread($stream, self::CHUNK_BYTES), 0, self::KEPT_BYTES);
        }

        return $answer;
    }
}
