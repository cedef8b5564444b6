<?php

declare(strict_types=1);

namespace App\Http\Middleware;

use App\RuntimeReport;
use Closure;
use Illuminate\Http\Request;
use Symfony\Component\HttpFoundation\Response;

class CountRequests
{
    public function __construct(private RuntimeReport $report)
    {
    }

    /**
     * Count the request before it runs.
     *
     * @param  Closure(Request): Response  $next
     */
    public function handle(Request $request, Closure $next): Response
    {
        $this->report->countRequest();

        return $next($request);
    }
}
