<?php

/**
 * The functions that exist in PHP when Askr runs it.
 *
 * This file is read by editors, static analysers and tests; it is never loaded
 * by the server, where the functions are native.
 */

/**
 * Waits for the next request, runs the handler for it and completes its reply.
 *
 * While the handler runs, `$_GET`, `$_POST`, `$_COOKIE`, `$_FILES`, `$_SERVER`
 * and `php://input` belong to that request. What the handler prints, and what it
 * gives to `header()`, `setcookie()` and `http_response_code()`, is the reply.
 * A handler that ends by `exit` or by an exception ends its request only: the
 * exception is logged with class, file and line, and answered with status 500 if
 * no byte of the reply was sent. Any other start of the reply is cut, so that
 * the client sees it is not whole.
 *
 * A handler that takes a parameter is given the request as an array; it is not
 * built for a handler that takes none. Its keys are
 *
 *  - `method` (string): as the client sent it, for example `GET`;
 *  - `uri` (string): the raw path with its query string, `/path?a=1`;
 *  - `query` (string): the raw query string, without the question mark;
 *  - `headers` (array<string, string>): lower-case name to value; the values of
 *    a repeated header are joined with `, `;
 *  - `cookies` (array): the same as `$_COOKIE`;
 *  - `server` (array): the same as `$_SERVER`;
 *  - `body` (string): the raw body, which leaves `request_parse_body()` nothing to
 *    parse;
 *  - `files` (array): the same as `$_FILES`.
 *
 * It belongs into the loop of a worker script. While a request is being handled,
 * in a handler or in classic mode, it throws an `Error`.
 *
 * @param  callable  $handler  `function (array $request): void` or `function (): void`.
 * @return bool False when the worker is to leave: leave the loop and let the script end.
 */
function askr_handle_request(callable $handler): bool
{
}

/**
 * The same as `askr_handle_request()`, so that worker scripts written for FrankenPHP run.
 *
 * @param  callable  $callback  `function (): void`.
 * @return bool False when the worker is to leave: leave the loop and let the script end.
 */
function frankenphp_handle_request(callable $callback): bool
{
}

/**
 * Says that the application is booted, and that workers may be forked from here.
 *
 * Call it once, after booting and before the first `askr_handle_request()`.
 * Where workers are forked from the booted application it returns in each of
 * them; elsewhere it returns at once and calls nobody.
 *
 * `$beforeFork` is called each time this process is about to fork workers: here,
 * and where `refork_after` has made a template of a worker, between two requests.
 * It closes what two processes must not share, such as connections. `$afterFork`
 * is called in each worker that was forked, before its first request.
 *
 * @param  callable|null  $beforeFork  `function (): void`.
 * @param  callable|null  $afterFork  `function (): void`.
 */
function askr_cow_ready(?callable $beforeFork = null, ?callable $afterFork = null): void
{
}

/**
 * Puts work off until the response is sent: the client does not wait for it.
 *
 * Everything put off in a request runs in order after its shutdown functions,
 * its output and its session are complete. What it prints goes nowhere. An
 * exception is logged and ends only the callback that threw it, as `exit` does;
 * a fatal error drops what is left. The worker takes its next request when all
 * have run. After a fatal error of the request itself nothing runs.
 *
 * @param  callable  $callback  `function (): void`.
 */
function askr_defer(callable $callback): void
{
}

/**
 * Completes the reply; the rest of the handler runs after the client has it.
 *
 * What is printed afterwards goes nowhere. The worker takes its next request
 * when the handler returns.
 *
 * @return bool False when there is no request.
 */
function askr_finish_request(): bool
{
}

/**
 * The same as `askr_finish_request()`, by the name FPM gives it.
 *
 * @return bool False when there is no request.
 */
function fastcgi_finish_request(): bool
{
}

/**
 * The same as `askr_finish_request()`, by the name FrankenPHP gives it.
 *
 * @return bool False when there is no request.
 */
function frankenphp_finish_request(): bool
{
}

/**
 * The same as PHP's `apache_request_headers()` and `getallheaders()`, by the name FrankenPHP gives it.
 *
 * @return array<string, string>
 */
function frankenphp_request_headers(): array
{
}

/**
 * Sends the headers set so far; the same as in FrankenPHP, whose users know it for early hints.
 *
 * With a status of 1xx, `headers_send(103)`, they go out at once as an interim
 * reply, ahead of the final one, which has a status of its own and, unless they
 * are removed, the same headers. Clients that speak HTTP/1.0 get no interim
 * reply. With any other status the head of the final reply is sent.
 *
 * @param  int  $status  100 to 599, not 101; the default is 200.
 * @return int 1, or 3 when an interim reply is too late or there is no request.
 *
 * @throws ValueError When it is another number.
 */
function headers_send(int $status = 200): int
{
}

/**
 * The number of the worker that runs this script, counted from 0.
 *
 * A worker that replaces another may have its number; use it to tell the
 * workers of one moment apart, not as a name that lasts.
 */
function askr_worker_id(): int
{
}

/**
 * Gives the request that runs at least this much time, counted from now.
 *
 * It takes away none that the request has anyway, by the `request_timeout` of its
 * pool or by an earlier call. Work that goes on for long calls it at each step; a
 * request that has got its `Askr\RequestTimeout` gets another one when the time
 * it was given then is over.
 *
 * @param  int|float  $seconds  0 is no limit for this request.
 *
 * @throws ValueError When it is negative, infinite or no number.
 * @throws Error When no request runs: while booting.
 */
function askr_extend_deadline(int|float $seconds): void
{
}

/**
 * Asks for another worker in place of this one once the request that runs is over.
 *
 * This one takes further requests until the other is ready, so that none waits.
 * Where each request has a process of its own it changes nothing.
 */
function askr_recycle(): void
{
}
