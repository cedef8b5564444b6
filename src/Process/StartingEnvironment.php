<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

/**
 * The environment this process was started with.
 *
 * Laravel adds what it reads from `.env` to the environment, and a child would
 * inherit that: the workers would go on with today's values after the file has
 * changed, since what is in the environment wins over the file.
 */
class StartingEnvironment
{
    public function __construct(private string $path = '/proc/self/environ')
    {
    }

    /**
     * False for every variable that was added since, as Symfony's Process takes it.
     *
     * @return array<string, false>
     */
    public function additions(): array
    {
        $content = @file_get_contents($this->path);

        if ($content === false || $content === '') {
            return [];
        }

        $original = [];

        foreach (explode("\0", $content) as $entry) {
            $original[strstr($entry, '=', true)] = true;
        }

        return array_fill_keys(array_keys(array_diff_key(getenv() + $_ENV, $original)), false);
    }
}
