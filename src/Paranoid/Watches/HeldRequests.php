<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\ClassName;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\ObjectInside;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Roots;
use Askr\Laravel\Paranoid\Watch;
use Closure;
use Illuminate\Contracts\Container\Container;
use ReflectionFunction;
use Symfony\Component\HttpFoundation\Request;
use WeakMap;

/**
 * Requests that have ended and that something long-lived still holds.
 *
 * Whatever a singleton or a static variable leads to is searched, within bounds; of
 * the framework's own singletons only those that are asked for. The container and what
 * else it keeps are not entered: the way over them leads everywhere, and says nothing
 * about who keeps a request.
 */
final class HeldRequests implements Watch
{
    private const VALUES_MAX = 3000;

    private const ELEMENTS_MAX = 200;

    private const DEPTH_MAX = 8;

    private Readings $readings;

    /** @var WeakMap<Request, true> Requests of no visitor. */
    private WeakMap $harmless;

    public function __construct(private Roots $roots, ?Request $ofTheBoot)
    {
        $this->readings = new Readings;
        // What was there before the first request counts as nothing, so the first look is no exception.
        $this->readings->compareSet([]);
        $this->harmless = new WeakMap;

        if ($ofTheBoot !== null) {
            $this->harmless[$ofTheBoot] = true;
        }
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $found = [];

        foreach ($this->search($moment) as $path => $request) {
            if ($request !== $moment->request && ! isset($this->harmless[$request])) {
                $found[$path] = new Reading(ClassName::of($request).' of a request that has ended', 'held');
            }
        }

        return $this->readings->compareSet($found, canSettle: false);
    }

    /**
     * Every request that is held, by the way to it.
     *
     * @return iterable<string, Request>
     */
    private function search(Moment $moment): iterable
    {
        $singletons = $this->roots->singletons($moment);
        $visited = [];

        foreach ($moment->instances() as $hub) {
            $visited[spl_object_id($hub)] = true;
        }

        $queue = [];

        foreach ([...$this->roots->statics($moment), ...$singletons] as $path => $value) {
            $queue[] = [$path, $value, 0];
        }

        for ($index = 0; $index < min(count($queue), self::VALUES_MAX); $index++) {
            [$path, $value, $depth] = $queue[$index];
            $isRoot = isset($singletons[$path]);

            if ($value instanceof Request) {
                yield $path => $value;
            } elseif ($depth < self::DEPTH_MAX && ($isRoot || $this->isNew($value, $visited))) {
                foreach ($this->contents($value) as $step => $content) {
                    $queue[] = [$path.$step, $content, $depth + 1];
                }
            }
        }
    }

    /**
     * @param  object|array<array-key, mixed>  $value
     * @param  array<int, true>  $visited
     */
    private function isNew(object|array $value, array &$visited): bool
    {
        if (is_array($value)) {
            return true;
        }

        $isNew = ! isset($visited[spl_object_id($value)]) && ! $value instanceof Container;
        $visited[spl_object_id($value)] = true;

        return $isNew;
    }

    /**
     * The objects and arrays in a value, by the step that leads to each.
     *
     * @param  object|array<array-key, mixed>  $value
     * @return array<string, object|array<array-key, mixed>>
     */
    private function contents(object|array $value): array
    {
        if ($value instanceof Closure) {
            return $this->captured(new ReflectionFunction($value));
        }

        $contents = [];

        foreach (is_array($value) ? array_slice($value, 0, self::ELEMENTS_MAX, true) : ObjectInside::all($value) as $key => $content) {
            if (is_object($content) || is_array($content)) {
                $contents[is_array($value) ? "[]" : '->'.ObjectInside::nameOf($key)] = $content;
            }
        }

        return $contents;
    }

    /** @return array<string, object|array<array-key, mixed>> */
    private function captured(ReflectionFunction $closure): array
    {
        $contents = $closure->getClosureThis() === null ? [] : ['{$this}' => $closure->getClosureThis()];

        foreach ($closure->getStaticVariables() as $name => $content) {
            if (is_object($content) || is_array($content)) {
                $contents["{use \${$name}}"] = $content;
            }
        }

        return $contents;
    }
}
