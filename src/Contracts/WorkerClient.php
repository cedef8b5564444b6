<?php

declare(strict_types=1);

namespace Askr\Laravel\Contracts;

use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/**
 * The two ends of one request, as the worker sees them.
 */
interface WorkerClient
{
    /** Take the request that is being served, and keep what it prints from now on. */
    public function receive(): Request;

    /**
     * Send the whole response.
     *
     * @throws Throwable When the body fails after the first part of it was sent.
     */
    public function respond(Response $response): void;

    /**
     * Answer that the request failed, with the page of the application if it has one.
     *
     * @return bool False when part of a response has been sent, so that nothing can be said any more.
     */
    public function fail(?Response $page): bool;

    /** Write an exception to the log of the server, which is there when nothing else works. */
    public function log(Throwable $exception): void;
}
