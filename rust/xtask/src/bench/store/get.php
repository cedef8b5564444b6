<?php

declare(strict_types=1);

/*
 * Reads values of 100 bytes from Askr's store and from APCu, a thousand keys in turn,
 * and compares each with what was written; what comparing takes is measured alone and
 * taken off. Prints a line of JSON for each figure.
 */

const KEYS = 1000;
const TURNS = 100;
const ROUNDS = 21;

(static function (): void {
    $values = [];

    for ($key = 0; $key < KEYS; $key++) {
        $values["key:{$key}"] = random_bytes(100);
    }

    foreach ($values as $key => $value) {
        askr_cache_set($key, $value);
        apcu_store($key, $value) || throw new RuntimeException('APCu stores nothing.');
    }

    $others = array_map(fn (string $value) => substr($value.' ', 0, -1), $values);

    $bare = static function () use ($values, $others): float {
        $start = hrtime(true);

        for ($turn = 0; $turn < TURNS; $turn++) {
            foreach ($values as $key => $value) {
                if ($others[$key] !== $value) {
                    throw new RuntimeException('The copy differs.');
                }
            }
        }

        return (hrtime(true) - $start) / (TURNS * KEYS);
    };

    $askr = static function () use ($values): float {
        $start = hrtime(true);

        for ($turn = 0; $turn < TURNS; $turn++) {
            foreach ($values as $key => $value) {
                if (askr_cache_get($key) !== $value) {
                    throw new RuntimeException("Askr has another value of {$key}.");
                }
            }
        }

        return (hrtime(true) - $start) / (TURNS * KEYS);
    };

    $apcu = static function () use ($values): float {
        $start = hrtime(true);

        for ($turn = 0; $turn < TURNS; $turn++) {
            foreach ($values as $key => $value) {
                if (apcu_fetch($key) !== $value) {
                    throw new RuntimeException("APCu has another value of {$key}.");
                }
            }
        }

        return (hrtime(true) - $start) / (TURNS * KEYS);
    };

    $times = ['bare' => [], 'askr' => [], 'apcu' => []];

    for ($round = 0; $round < ROUNDS; $round++) {
        $times['bare'][] = $bare();
        $times['askr'][] = $askr();
        $times['apcu'][] = $apcu();
    }

    $median = static function (array $times): float {
        sort($times);

        return $times[intdiv(count($times), 2)];
    };

    $comparing = $median($times['bare']);
    $ours = $median($times['askr']) - $comparing;
    $theirs = $median($times['apcu']) - $comparing;

    echo json_encode(['what' => 'askr_cache_get of 100 bytes', 'value' => $ours, 'unit' => 'ns']), PHP_EOL;
    echo json_encode(['what' => 'apcu_fetch of 100 bytes', 'value' => $theirs, 'unit' => 'ns']), PHP_EOL;
    echo json_encode(['what' => 'askr_cache_get ÷ apcu_fetch', 'value' => $ours / $theirs, 'unit' => '', 'most' => 1.5]), PHP_EOL;
})();
