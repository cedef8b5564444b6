<?php

declare(strict_types=1);

namespace Askr\Laravel\Logging;

use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Request;
use Illuminate\Log\Context\Repository;
use Illuminate\Log\LogManager;

/**
 * Gives log lines of a request, and the jobs that it dispatches, the id that the server has for it.
 */
final class RequestName
{
    /** What the id is called in the log context. */
    public const KEY = 'request_id';

    /** What the server calls the request; null if it is another server's, or a console's. */
    public static function of(Request $request): ?string
    {
        $id = $request->server('REQUEST_ID');
        $isOurs = str_starts_with((string) $request->server('SERVER_SOFTWARE'), 'askr/');

        return $isOurs && is_string($id) && $id !== '' ? $id : null;
    }

    /** Have the context say it as soon as somebody wants a context: most requests never do. */
    public static function register(Application $app): void
    {
        // Laravel 10 has no context; its log manager tells its channels instead.
        $holder = class_exists(Repository::class) ? Repository::class : 'log';

        $app->resolving($holder, fn (object $context) => self::share($app, $context));
    }

    /** Say it in a context that was made while the application booted. */
    public static function share(Application $app, object $context): void
    {
        $id = $app->bound('request') ? self::of($app->make('request')) : null;

        if ($id === null) {
            return;
        }

        match (true) {
            $context instanceof Repository => $context->add(self::KEY, $id),
            $context instanceof LogManager => $context->shareContext([self::KEY => $id]),
            default => null,
        };
    }
}
