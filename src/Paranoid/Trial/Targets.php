<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

use Askr\Laravel\Exceptions\NothingToVisit;
use Illuminate\Config\Repository;
use Illuminate\Routing\Route;
use Illuminate\Routing\Router;

/**
 * Finds out which URLs a trial is to visit.
 */
class Targets
{
    public function __construct(private Router $router, private Repository $config)
    {
    }

    /**
     * What was given, else what a file lists, else the routes that need no parameter.
     *
     * @param  list<string>  $urls
     * @return list<Target>
     *
     * @throws NothingToVisit
     */
    public function choose(array $urls, ?string $file): array
    {
        $targets = match (true) {
            $urls !== [] => array_map(Target::of(...), $urls),
            $file !== null => $this->listed($file),
            default => $this->routed(),
        };

        return $targets === [] ? throw NothingToVisit::whenNoRouteFits() : $targets;
    }

    /** The host of the application, as `app.url` has it. */
    public function host(): string
    {
        $url = parse_url((string) $this->config->get('app.url'));
        $host = $url['host'] ?? 'localhost';

        return isset($url['port']) ? "{$host}:{$url['port']}" : $host;
    }

    /**
     * @return list<Target>
     *
     * @throws NothingToVisit
     */
    private function listed(string $file): array
    {
        $lines = is_file($file) ? file($file, FILE_IGNORE_NEW_LINES) : false;

        if ($lines === false) {
            throw NothingToVisit::whenFileIsUnreadable($file);
        }

        $lines = array_map(trim(...), $lines);
        $urls = array_filter($lines, fn (string $line): bool => $line !== '' && ! str_starts_with($line, '#'));

        return array_map(Target::of(...), array_values($urls));
    }

    /** @return list<Target> */
    private function routed(): array
    {
        $targets = [];

        foreach ($this->router->getRoutes()->getRoutes() as $route) {
            // A parameter that may be left out is left out.
            $path = preg_replace('/\{[^}]*\?\}/', '', $route->uri()) ?? '';

            if ($this->isPlain($route, $path)) {
                $target = Target::on($route->getDomain(), $path);
                $targets[$target->toString()] = $target;
            }
        }

        return array_values($targets);
    }

    private function isPlain(Route $route, string $path): bool
    {
        return in_array('GET', $route->methods(), true)
            && ! str_contains($path.$route->getDomain(), '{');
    }
}
