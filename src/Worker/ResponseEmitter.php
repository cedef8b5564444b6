<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Contracts\Bridge;
use Closure;
use Generator;
use ReflectionFunction;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\StreamedResponse;
use Throwable;

/**
 * Sends a response through PHP's own headers and output.
 */
class ResponseEmitter
{
    /** For how long an event stream may send nothing once its request has had its time. */
    private const EVENT_STREAM_SECONDS = 300;

    public function __construct(private ?Bridge $bridge = null)
    {
    }

    /**
     * Send status, headers, what was printed on the way, and the body.
     *
     * @throws Throwable When the body fails on the way.
     */
    public function emit(Response $response, string $printed = ''): void
    {
        if (! headers_sent()) {
            $this->emitHead($response, $printed);
        }

        if ($printed !== '') {
            echo $printed;
        }

        $this->emitBody($response);
    }

    /** Take back the head of a response whose body failed at once, but not its cookies. */
    public function forgetHead(): void
    {
        $cookies = preg_grep('/^Set-Cookie:/i', headers_list());

        header_remove();

        foreach ($cookies as $cookie) {
            header($cookie, false);
        }
    }

    private function emitHead(Response $response, string $printed): void
    {
        if ($printed !== '') {
            // The stated length counts the body alone, and there is more than that.
            $response->headers->remove('Content-Length');
        }

        foreach ($response->headers->allPreserveCaseWithoutCookies() as $name => $values) {
            // PHP has a content type of its own; any other header may be there twice.
            $replace = strcasecmp($name, 'Content-Type') === 0;

            foreach ($values as $value) {
                header($name.': '.$value, $replace);
            }
        }

        foreach ($response->headers->getCookies() as $cookie) {
            header('Set-Cookie: '.$cookie, false);
        }

        // Last, because PHP changes the status by itself for some headers.
        http_response_code($response->getStatusCode());
    }

    /**
     * @throws Throwable
     */
    private function emitBody(Response $response): void
    {
        if (! $response instanceof StreamedResponse) {
            $response->sendContent();

            return;
        }

        $level = ob_get_level();
        // Code that streams calls `ob_flush()`, which is an error where no buffer is open, as in
        // `eventStream()` of Laravel 11. This one holds nothing back.
        ob_start($this->isEventStream($response) ? $this->keepAlive(...) : null, 1);
        $this->emitStream($response);

        while (ob_get_level() > $level && @ob_end_flush()) {
            // Down to those that were open before.
        }
    }

    /**
     * @throws Throwable
     */
    private function emitStream(StreamedResponse $response): void
    {
        $chunks = $this->generatorOf($response);

        if ($chunks === null) {
            $response->sendContent();

            return;
        }

        foreach ($chunks as $chunk) {
            echo $chunk;

            if (ob_get_level() > 0) {
                ob_flush();
            }

            flush();
        }
    }

    private function isEventStream(StreamedResponse $response): bool
    {
        return str_starts_with((string) $response->headers->get('Content-Type'), 'text/event-stream');
    }

    /** A stream that goes on sending is not ended by the deadline of its request. */
    private function keepAlive(string $piece): string
    {
        $this->bridge?->extendDeadline(self::EVENT_STREAM_SECONDS);

        return $piece;
    }

    /** The chunks of a response whose callback is a generator, which `sendContent()` would not run. */
    private function generatorOf(StreamedResponse $response): ?Generator
    {
        $callback = $response->getCallback();

        return $callback instanceof Closure && (new ReflectionFunction($callback))->isGenerator()
            ? $callback()
            : null;
    }
}
