<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Watch;
use Illuminate\Support\Arr;

/**
 * The configuration as a request finds it.
 */
final class ConfigurationValues implements Watch
{
    /** @var array<string, mixed>|null */
    private ?array $last = null;

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = $moment->app->make('config')->all();
        $before = $this->last ?? $now;
        $this->last = $now;

        // Mostly the same array, which PHP sees without looking at its elements.
        return $before === $now ? [] : $this->compare(Arr::dot($before), Arr::dot($now));
    }

    /**
     * @param  array<string, mixed>  $before
     * @param  array<string, mixed>  $now
     * @return list<Change>
     */
    private function compare(array $before, array $now): array
    {
        $changes = [];

        foreach ($now + $before as $key => $value) {
            $was = array_key_exists($key, $before) ? Reading::of($before[$key]) : Reading::none();
            $is = array_key_exists($key, $now) ? Reading::of($now[$key]) : Reading::none();

            if ($was->print !== $is->print) {
                $changes[] = new Change("config {$key}", $was, $is, canSettle: false);
            }
        }

        return $changes;
    }
}
