<?php

declare(strict_types=1);

namespace Askr\Laravel\Testing\Fakes;

use Askr\Laravel\Contracts\WorkerClient;
use Illuminate\Http\Request;
use LogicException;
use Symfony\Component\HttpFoundation\Response;
use Throwable;

/**
 * Stands in for the clients of a worker: it has requests, and keeps the responses.
 */
class FakeWorkerClient implements WorkerClient
{
    /** @var list<Response> */
    public array $responses = [];

    /** How many requests were answered as failed. */
    public int $failures = 0;

    /** @var list<?Response> The page each of them was answered with. */
    public array $pages = [];

    /** @var list<Throwable> What went to the log of the server. */
    public array $log = [];

    /** @param  list<Request>  $requests */
    public function __construct(private array $requests)
    {
    }

    /**
     * Take the next request.
     *
     * @throws LogicException
     */
    public function receive(): Request
    {
        return array_shift($this->requests)
            ?? throw new LogicException('The worker wants a request, and the test has given no more.');
    }

    /** Keep the response. */
    public function respond(Response $response): void
    {
        $this->responses[] = $response;
    }

    /** Count the failure, and keep its page. */
    public function fail(?Response $page): bool
    {
        $this->failures++;
        $this->pages[] = $page;

        return true;
    }

    /** Keep what was logged. */
    public function log(Throwable $exception): void
    {
        $this->log[] = $exception;
    }
}
