<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;

/**
 * Global variables, but for those that PHP fills for every request.
 */
final class GlobalVariables implements Watch
{
    /** Filled for every request. */
    private const OF_THE_REQUEST = [
        '_GET', '_POST', '_COOKIE', '_FILES', '_SERVER', '_ENV', '_REQUEST', '_SESSION', 'argv', 'argc',
        'http_response_header',
    ];

    private Readings $readings;

    public function __construct()
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = [];

        foreach ($this->values() as $name => $value) {
            $now[$name] = Reading::of($value);
        }

        return $this->readings->compareSet($now);
    }

    /**
     * The values there are, by name.
     *
     * @return iterable<string, mixed>
     */
    public function values(): iterable
    {
        foreach (array_diff(array_keys($GLOBALS), self::OF_THE_REQUEST) as $name) {
            yield "global \${$name}" => $GLOBALS[$name];
        }
    }
}
