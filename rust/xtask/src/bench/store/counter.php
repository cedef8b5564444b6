<?php

declare(strict_types=1);

/*
 * Adds to a counter a million times, and says when; or reads it.
 */

const TIMES = 1_000_000;

(static function (): void {
    if ($_GET['do'] === 'read') {
        $sum = askr_cache_get('count', 'counters');
        $off = abs($sum - 2 * TIMES);

        echo json_encode(['what' => 'the counter after 2 × 1,000,000 increments', 'value' => $sum, 'unit' => '']), PHP_EOL;
        echo json_encode(['what' => 'increments refused by a busy store, and done again', 'value' => askr_cache_get('refused', 'counters'), 'unit' => '']), PHP_EOL;
        echo json_encode(['what' => 'increments lost or counted twice', 'value' => $off, 'unit' => '', 'most' => 0]), PHP_EOL;

        return;
    }

    $start = hrtime(true);

    $refused = 0;

    for ($time = 0; $time < TIMES; $time++) {
        try {
            askr_cache_increment('count', 1, 0, 'counters');
        } catch (Askr\StoreException) {
            // Whoever has the lock is kept from running by others on this machine: nothing was added.
            $refused++;
            $time--;
        }
    }

    askr_cache_increment('refused', $refused, 0, 'counters');

    echo json_encode(['what' => 'ran', 'value' => TIMES, 'unit' => '']), PHP_EOL;
    echo sprintf("ran %d %d %d\n", getmypid(), intdiv($start, 1000), intdiv(hrtime(true), 1000));
})();
