<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;

/**
 * What belongs to the process: environment, locale, time zone, working directory, umask.
 */
final class ProcessState implements Watch
{
    private Readings $readings;

    public function __construct()
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = [
            'locale' => $this->shown((string) setlocale(LC_ALL, '0')),
            'time zone' => $this->shown(date_default_timezone_get()),
            'working directory' => $this->shown((string) getcwd()),
            'umask' => $this->shown(sprintf('%04o', umask())),
            'internal encoding' => $this->shown((string) mb_internal_encoding()),
        ];

        foreach (getenv() as $name => $value) {
            $now["environment {$name}"] = Reading::of($value);
        }

        return $this->readings->compareSet($now, canSettle: false);
    }

    private function shown(string $text): Reading
    {
        return new Reading($text, $text);
    }
}
