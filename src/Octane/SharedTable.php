<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Space;
use Closure;

/**
 * A table of `octane.tables` in the server's store, with the methods of a Swoole table.
 *
 * A row is one entry that nothing evicts, and is changed as one step: whoever reads it
 * sees all columns of one moment. There are as many rows as the space has room for, and
 * no list of them.
 */
class SharedTable
{
    public function __construct(private SharedStore $shared, private string $name, private TableColumns $columns)
    {
    }

    /**
     * Write columns of a row; those that are not given stay, or are empty in a new row.
     *
     * @param  array<string, mixed>  $values
     */
    public function set(string $key, array $values): bool
    {
        $values = $this->columns->cast($values);
        $this->change($key, fn (array $row): array => $values + $row);

        return true;
    }

    /**
     * A row, one column of it, or false when there is no such row.
     *
     * @return array<string, string|int|float>|string|int|float|false
     */
    public function get(string $key, ?string $column = null): array|string|int|float|false
    {
        $stored = $this->shared->get($this->entry($key), Space::Counters);

        return match (true) {
            ! is_string($stored) => false,
            $column === null => $this->row($stored),
            default => $this->row($stored)[$column] ?? false,
        };
    }

    /** Add to a column, and give the sum; a row that is not there begins at zero. */
    public function incr(string $key, string $column, int|float $by = 1): int|float
    {
        $row = $this->change($key, fn (array $row): array => $this->columns->cast([$column => $row[$column] + $by]) + $row);

        return $row[$column];
    }

    /** Subtract from a column, and give the difference. */
    public function decr(string $key, string $column, int|float $by = 1): int|float
    {
        return $this->incr($key, $column, -$by);
    }

    /** Whether there is such a row. */
    public function exists(string $key): bool
    {
        return $this->shared->remaining($this->entry($key), Space::Counters) !== null;
    }

    /** The same as `exists()`, by its older name. */
    public function exist(string $key): bool
    {
        return $this->exists($key);
    }

    /** Delete a row, and say whether there was one. */
    public function del(string $key): bool
    {
        return $this->shared->delete($this->entry($key), Space::Counters);
    }

    /** The same as `del()`, by its other name. */
    public function delete(string $key): bool
    {
        return $this->del($key);
    }

    /**
     * Change a row as one step: again, if somebody else has changed it meanwhile.
     *
     * @param  Closure(array<string, string|int|float>): array<string, string|int|float>  $change
     * @return array<string, string|int|float>
     */
    private function change(string $key, Closure $change): array
    {
        $entry = $this->entry($key);

        do {
            $stored = $this->shared->get($entry, Space::Counters);
            $row = $change(is_string($stored) ? $this->row($stored) : $this->columns->emptyRow());

            $isWritten = is_string($stored)
                ? $this->shared->replace($entry, $stored, serialize($row), 0, Space::Counters)
                : $this->shared->add($entry, serialize($row), 0, Space::Counters);
        } while (! $isWritten);

        return $row;
    }

    /** @return array<string, string|int|float> */
    private function row(string $stored): array
    {
        return unserialize($stored, ['allowed_classes' => false]) + $this->columns->emptyRow();
    }

    private function entry(string $key): string
    {
        return "octane:table:{$this->name}:{$key}";
    }
}
