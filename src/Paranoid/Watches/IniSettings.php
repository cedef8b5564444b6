<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Watch;

/**
 * The settings of php.ini, as they are in force.
 */
final class IniSettings implements Watch
{
    /** @var array<string, mixed>|null */
    private ?array $last = null;

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = ini_get_all(null, false) ?: [];
        $before = $this->last ?? $now;
        $this->last = $now;

        if ($before === $now) {
            return [];
        }

        $changes = [];

        foreach (array_intersect_key($now, $before) as $name => $value) {
            if ($before[$name] !== $value) {
                $changes[] = new Change("ini {$name}", $this->read($before[$name]), $this->read($value), canSettle: false);
            }
        }

        return $changes;
    }

    /** Settings are no secrets: they are shown. */
    private function read(mixed $value): Reading
    {
        $text = json_encode($value, JSON_UNESCAPED_SLASHES | JSON_PARTIAL_OUTPUT_ON_ERROR) ?: 'unknown';

        return new Reading(mb_strimwidth($text, 0, 60, '…'), $text);
    }
}
