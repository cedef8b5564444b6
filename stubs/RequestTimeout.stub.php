<?php

namespace Askr;

/**
 * The time of a request is over, by the server's `request_timeout` or by `askr_extend_deadline()`.
 *
 * It is thrown wherever the request happens to be, once; a `sleep()`, a `flock()` or a
 * read that waits for a file comes back early for it. Nobody has to catch it: not caught, it is
 * what any other error is, a page with status 500 and a line with the backtrace in
 * the log, after `finally` blocks and before destructors and shutdown functions. Who
 * catches it has `request_timeout_grace` to end: then the worker is killed, and
 * the client is answered 504.
 *
 * The class is native; this file is read by editors and static analysers.
 */
class RequestTimeout extends \Error
{
}
