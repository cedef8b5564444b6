<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

use Askr\Laravel\Contracts\SharedStore;
use Illuminate\Contracts\Config\Repository;
use InvalidArgumentException;

/**
 * What the facade `Octane` reaches: Octane itself, but for tables, which are Swoole's there.
 *
 * Its own method is declared to return a class of the swoole extension, so that none of
 * another class can take its place.
 */
class OctaneWithTables
{
    /** @var array<string, SharedTable> */
    private array $tables = [];

    public function __construct(private object $octane, private SharedStore $shared, private Repository $config)
    {
    }

    /**
     * A table of `octane.tables`.
     *
     * @throws InvalidArgumentException
     */
    public function table(string $table): SharedTable
    {
        return $this->tables[$table] ??= new SharedTable($this->shared, $table, new TableColumns($this->columns($table)));
    }

    /**
     * All else is Octane's.
     *
     * @param  array<array-key, mixed>  $arguments
     */
    public function __call(string $method, array $arguments): mixed
    {
        return $this->octane->{$method}(...$arguments);
    }

    /**
     * A table's name may be followed by a number of rows, which nothing is reserved for here.
     *
     * @return array<string, string>
     *
     * @throws InvalidArgumentException
     */
    private function columns(string $table): array
    {
        foreach ((array) $this->config->get('octane.tables') as $name => $columns) {
            if (explode(':', (string) $name)[0] === $table) {
                return $columns;
            }
        }

        throw new InvalidArgumentException("The table [{$table}] is not in `tables` of config/octane.php.");
    }
}
