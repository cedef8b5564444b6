<?php

declare(strict_types=1);

/*
 * Reads values through Laravel's cache, from Askr's store and from a Redis behind a Unix
 * socket with phpredis, and compares each. Prints a line of JSON for each figure.
 */

use Illuminate\Contracts\Cache\Repository;
use Illuminate\Contracts\Console\Kernel;

const KEYS = 100;
const TURNS = 20;
const ROUNDS = 15;

(static function (string $socket): void {
    $base = getenv('ASKR_APP_BASE');
    require "{$base}/vendor/autoload.php";

    $app = require "{$base}/bootstrap/app.php";
    $app->make(Kernel::class)->bootstrap();

    $app['config']->set('database.redis', [
        'client' => 'phpredis',
        'options' => ['prefix' => ''],
        'bench' => ['host' => $socket, 'port' => 0, 'database' => 0],
    ]);
    $app['config']->set('cache.stores.redis', ['driver' => 'redis', 'connection' => 'bench', 'lock_connection' => 'bench']);
    $app['config']->set('cache.stores.askr', ['driver' => 'askr']);

    $stores = ['askr' => $app['cache']->store('askr'), 'Redis' => $app['cache']->store('redis')];

    $reads = static function (Repository $cache, array $values): float {
        $start = hrtime(true);

        for ($turn = 0; $turn < TURNS; $turn++) {
            foreach ($values as $key => $value) {
                if ($cache->get($key) !== $value) {
                    throw new RuntimeException("Another value of {$key} is in the cache.");
                }
            }
        }

        return (hrtime(true) - $start) / (TURNS * KEYS) / 1000;
    };

    $median = static function (array $times): float {
        sort($times);

        return $times[intdiv(count($times), 2)];
    };

    $kinds = [
        'a string of 100 bytes' => fn (int $number) => bin2hex(random_bytes(50)),
        'an array of 20 fields' => fn (int $number) => array_combine(
            array_map(fn (int $field) => "field_{$field}", range(1, 20)),
            array_map(fn (int $field) => $field % 2 === 0 ? $number : "value {$number}", range(1, 20)),
        ),
    ];

    foreach ($kinds as $kind => $make) {
        $values = [];

        for ($key = 0; $key < KEYS; $key++) {
            $values["key:{$key}"] = $make($key);
        }

        foreach ($stores as $cache) {
            $cache->putMany($values, 3600);
        }

        $times = [];

        for ($round = 0; $round < ROUNDS; $round++) {
            foreach ($stores as $name => $cache) {
                $times[$name][] = $reads($cache, $values);
            }
        }

        $us = array_map($median, $times);

        foreach ($us as $name => $time) {
            echo json_encode(['what' => "Cache::get of {$kind}: {$name}", 'value' => $time, 'unit' => 'µs']), PHP_EOL;
        }

        echo json_encode([
            'what' => "Cache::get of {$kind}: Redis ÷ askr",
            'value' => $us['Redis'] / $us['askr'],
            'unit' => '',
            'least' => 5,
        ]), PHP_EOL;
    }
})($_GET['socket']);
