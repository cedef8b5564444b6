<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Illuminate\Http\Request;

/**
 * Makes Laravel's request from PHP's superglobals.
 */
class RequestMarshaller
{
    /** Methods whose body PHP has parsed by itself, or that have none. */
    private const PARSED_BY_PHP = ['GET' => true, 'HEAD' => true, 'POST' => true, 'OPTIONS' => true];

    /** Make the request that the superglobals describe. */
    public function fromGlobals(): Request
    {
        if (! $this->isPlain()) {
            return Request::capture();
        }

        Request::enableHttpMethodParameterOverride();

        return new Request($_GET, $_POST, [], $_COOKIE, [], $_SERVER);
    }

    /**
     * Whether the superglobals are the whole truth.
     *
     * Laravel's own way builds every request twice; that is needed only where it
     * goes on to filter files, to parse a body that PHP leaves alone or to read JSON.
     */
    private function isPlain(): bool
    {
        return $_FILES === []
            && isset(self::PARSED_BY_PHP[$_SERVER['REQUEST_METHOD'] ?? 'GET'])
            && ! $this->looksLikeJson($_SERVER['CONTENT_TYPE'] ?? $_SERVER['HTTP_CONTENT_TYPE'] ?? '');
    }

    private function looksLikeJson(string $contentType): bool
    {
        return $contentType !== '' && stripos($contentType, 'json') !== false;
    }
}
