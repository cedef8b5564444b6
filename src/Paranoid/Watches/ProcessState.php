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
    /** What is shown as it is; the environment may hold secrets. */
    private const SHOWN = ['locale', 'time zone', 'working directory', 'umask', 'internal encoding'];

    private Readings $readings;

    /** @var array<string, string> What was there at the last look, which is mostly what is there now. */
    private array $last = [];

    public function __construct()
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = [
            'locale' => (string) setlocale(LC_ALL, '0'),
            'time zone' => date_default_timezone_get(),
            'working directory' => (string) getcwd(),
            'umask' => sprintf('%04o', umask()),
            'internal encoding' => (string) mb_internal_encoding(),
        ] + getenv();

        if ($now === $this->last) {
            return [];
        }

        $this->last = $now;

        return $this->readings->compareSet($this->read($now), canSettle: false);
    }

    /**
     * @param  array<string, string>  $values
     * @return array<string, Reading>
     */
    private function read(array $values): array
    {
        $readings = [];

        foreach ($values as $name => $value) {
            $isSecret = ! in_array($name, self::SHOWN, true);
            $readings[$isSecret ? "environment {$name}" : $name] = $isSecret ? Reading::of($value) : new Reading($value, $value);
        }

        return $readings;
    }
}
