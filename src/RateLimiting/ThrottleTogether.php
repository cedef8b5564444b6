<?php

declare(strict_types=1);

namespace Askr\Laravel\RateLimiting;

use Closure;
use Illuminate\Http\Request;
use Illuminate\Routing\Middleware\ThrottleRequests;
use RuntimeException;
use Symfony\Component\HttpFoundation\Response;

/**
 * The `throttle` middleware where all processes count together: looking and counting are one step.
 */
class ThrottleTogether extends ThrottleRequests
{
    public function __construct(private SharedRateLimiter $shared)
    {
        parent::__construct($shared);
    }

    /**
     * Pass a request on if all its limits allow it.
     *
     * @param  Request  $request
     * @param  array<array-key, object>  $limits
     *
     * @throws RuntimeException When one does not: the response that says so.
     */
    protected function handleRequest($request, Closure $next, array $limits): mixed
    {
        foreach ($limits as $limit) {
            if ($this->shared->tooManyAttempts($limit->key, $limit->maxAttempts)) {
                throw $this->refusal($request, $limit);
            }
        }

        foreach ($limits as $limit) {
            if ($this->countsAhead($limit) && ! $this->shared->reserve($limit->key, $limit->maxAttempts, $this->seconds($limit))) {
                throw $this->refusal($request, $limit);
            }
        }

        return $this->describe($next($request), $limits);
    }

    /**
     * Count what is counted by its response, and name the limits in its headers.
     *
     * @param  array<array-key, object>  $limits
     */
    private function describe(Response $response, array $limits): Response
    {
        foreach ($limits as $limit) {
            if (! $this->countsAhead($limit) && ($limit->afterCallback)($response)) {
                $this->shared->hit($limit->key, $this->seconds($limit));
            }

            $response = $this->addHeaders(
                $response,
                $limit->maxAttempts,
                $this->calculateRemainingAttempts($limit->key, $limit->maxAttempts),
            );
        }

        return $response;
    }

    private function refusal(Request $request, object $limit): RuntimeException
    {
        return $this->buildException($request, $limit->key, $limit->maxAttempts, $limit->responseCallback);
    }

    /** Laravel 12 has limits that ask the response whether it counts. */
    private function countsAhead(object $limit): bool
    {
        return ! isset($limit->afterCallback);
    }

    /** Laravel 10 has them by the minute. */
    private function seconds(object $limit): int|float
    {
        return $limit->decaySeconds ?? $limit->decayMinutes * 60;
    }
}
