<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Askr\Laravel\Contracts\WorkerClient;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/**
 * Talks to the client of the request through PHP's superglobals, headers and output.
 */
class SapiClient implements WorkerClient
{
    /** The log of the server, as `error_log()` calls it; others can be turned elsewhere. */
    private const SERVER_LOG = 4;

    /** Output buffers that were open before the request. */
    private int $level = 0;

    public function __construct(
        private RequestMarshaller $marshaller,
        private ResponseEmitter $emitter,
        private ?Sendfile $sendfile = null,
    ) {
    }

    /** Take the request that is being served, and keep what it prints from now on. */
    public function receive(): Request
    {
        // What a controller prints must not send the headers before the response
        // has had its say; `dd()` and `exit` still show it, since PHP empties open
        // buffers when a request ends.
        $this->level = ob_get_level();
        ob_start();

        return $this->marshaller->fromGlobals();
    }

    /**
     * Send the whole response.
     *
     * @throws Throwable When the body fails after the first part of it was sent.
     */
    public function respond(Response $response): void
    {
        if (ob_get_level() > $this->level + 1) {
            $this->respondThroughBuffers($response);

            return;
        }

        $printed = $this->takePrinted();

        if ($printed === '' && ! headers_sent()) {
            $response = $this->sendfile?->instead($response) ?? $response;
        }

        $this->emitter->emit($response, $printed);
    }

    /**
     * Send the response through buffers that the application has left open, as they may change it.
     *
     * @throws Throwable When the body fails.
     */
    private function respondThroughBuffers(Response $response): void
    {
        $response->headers->remove('Content-Length');

        $this->emitter->emit($response);

        // One that does not let itself be closed is left to PHP, at the end of the request.
        while (ob_get_level() > $this->level && @ob_end_flush()) {
            // Down to those that were open before the request.
        }
    }

    /**
     * Answer that the request failed, with the page of the application if it has one.
     *
     * @return bool False when part of a response has been sent, so that nothing can be said any more.
     *
     * @throws Throwable When the page fails, too.
     */
    public function fail(?Response $page): bool
    {
        $this->takePrinted();

        if (headers_sent()) {
            return false;
        }

        $this->emitter->forgetHead();
        $this->emitter->emit($page ?? new Response(
            "Internal Server Error\n",
            Response::HTTP_INTERNAL_SERVER_ERROR,
            ['Content-Type' => 'text/plain; charset=utf-8'],
        ));

        return true;
    }

    /** Write an exception to the log of the server, which is there when nothing else works. */
    public function log(Throwable $exception): void
    {
        error_log(sprintf(
            '%s: %s in %s:%d',
            $exception::class,
            $exception->getMessage(),
            $exception->getFile(),
            $exception->getLine(),
        ), self::SERVER_LOG);
    }

    /** Close the buffers the request opened, and give what they held. */
    private function takePrinted(): string
    {
        $printed = '';

        while (ob_get_level() > $this->level && ($text = @ob_get_clean()) !== false) {
            $printed = $text.$printed;
        }

        return $printed;
    }
}
