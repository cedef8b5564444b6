<?php

declare(strict_types=1);

namespace Askr\Laravel\Octane;

use InvalidArgumentException;
use Laravel\Octane\Exceptions\ValueTooLargeForColumnException;

/**
 * The columns of a table, as `octane.tables` has them: `'name' => 'string:1000', 'votes' => 'int'`.
 */
class TableColumns
{
    /** @var array<string, array{type: string, bytes: ?int}> */
    private array $columns = [];

    /**
     * @param  array<string, string>  $columns
     *
     * @throws InvalidArgumentException
     */
    public function __construct(array $columns)
    {
        foreach ($columns as $name => $definition) {
            [$type, $bytes] = [...explode(':', $definition), null];

            if (! in_array($type, ['string', 'int', 'float'], true)) {
                throw new InvalidArgumentException("The column [{$name}] of a table is a string, an int or a float, not [{$definition}].");
            }

            $this->columns[$name] = ['type' => $type, 'bytes' => $bytes === null ? null : (int) $bytes];
        }
    }

    /**
     * What a new row holds.
     *
     * @return array<string, string|int|float>
     */
    public function emptyRow(): array
    {
        return array_map(fn (array $column): string|int|float => match ($column['type']) {
            'int' => 0,
            'float' => 0.0,
            default => '',
        }, $this->columns);
    }

    /**
     * Values of the types that their columns have.
     *
     * @param  array<string, mixed>  $values
     * @return array<string, string|int|float>
     *
     * @throws InvalidArgumentException|ValueTooLargeForColumnException
     */
    public function cast(array $values): array
    {
        foreach ($values as $name => $value) {
            $column = $this->columns[$name] ?? throw new InvalidArgumentException("The table has no column [{$name}].");

            $values[$name] = match ($column['type']) {
                'int' => (int) $value,
                'float' => (float) $value,
                default => $this->fitting($name, (string) $value, $column['bytes']),
            };
        }

        return $values;
    }

    /** @throws ValueTooLargeForColumnException */
    private function fitting(string $name, string $value, ?int $bytes): string
    {
        return $bytes === null || strlen($value) <= $bytes
            ? $value
            : throw new ValueTooLargeForColumnException(
                sprintf('Value [%s...] is too large for [%s] column.', substr($value, 0, 20), $name),
            );
    }
}
