<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;

/**
 * Global variables, but for those that PHP fills for every request, and Composer's.
 */
final class GlobalVariables implements Watch
{
    private const OF_OTHERS = [
        '_GET' => true, '_POST' => true, '_COOKIE' => true, '_FILES' => true, '_SERVER' => true, '_ENV' => true,
        '_REQUEST' => true, '_SESSION' => true, 'argv' => true, 'argc' => true, 'http_response_header' => true,
        // Composer's list of files that are loaded, which only grows with them.
        '__composer_autoload_files' => true,
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
        foreach (array_diff_key($GLOBALS, self::OF_OTHERS) as $name => $value) {
            yield "global \${$name}" => $value;
        }
    }
}
