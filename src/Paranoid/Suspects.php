<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Illuminate\Http\Request;
use Illuminate\Routing\Route;

/**
 * The requests that have ended since the last look, by their routes.
 */
final class Suspects
{
    private const NAMES_MAX = 5;

    private const PATH_BYTES_MAX = 100;

    /** @var array<string, true> */
    private array $names = [];

    private int $requests = 0;

    /** What the server's log calls the last of them. */
    private ?string $id = null;

    /** Add a request that has ended. */
    public function add(Request $request): void
    {
        $this->requests++;
        $this->id = $request->server('REQUEST_ID');

        if (count($this->names) <= self::NAMES_MAX) {
            $this->names[$this->nameOf($request)] = true;
        }
    }

    /** How many requests it were. */
    public function count(): int
    {
        return $this->requests;
    }

    /** Begin anew. */
    public function clear(): void
    {
        $this->names = [];
        $this->requests = 0;
    }

    /** Who did it, as far as that is known: `by GET /orders/{order} (request …)`. */
    public function toString(): string
    {
        $names = array_keys(array_slice($this->names, 0, self::NAMES_MAX));
        $more = count($this->names) > self::NAMES_MAX ? ', …' : '';

        return match (true) {
            $this->requests === 1 && $this->id !== null => "by {$names[0]} (request {$this->id})",
            count($names) === 1 => "by {$names[0]}",
            default => 'by one of '.implode(', ', $names)."{$more} ({$this->requests} requests)",
        };
    }

    /** The route as the application wrote it; where there is none, the path that was asked for. */
    private function nameOf(Request $request): string
    {
        $route = $request->route();
        $path = $route instanceof Route ? $route->uri() : $request->path();
        $path = preg_replace('/[^\x21-\x7E]/', '?', '/'.ltrim($path, '/')) ?? '';

        return $request->getRealMethod().' '.substr($path, 0, self::PATH_BYTES_MAX);
    }
}
