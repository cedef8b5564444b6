<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * One change as the log shows it: `↑ App\Services\Foo::$cache  array:2 → array:3  (+1)`.
 */
final readonly class ChangeLine
{
    public function __construct(private Change $change)
    {
    }

    /** The line, with its arrow. */
    public function toString(): string
    {
        ['before' => $before, 'after' => $after, 'name' => $name] = get_object_vars($this->change);

        return "{$this->arrow()} {$name}  {$before->text} → {$after->text}{$this->difference()}";
    }

    private function arrow(): string
    {
        return match (true) {
            ! $this->isMeasurable(), $this->change->growth() === 0 => '≠',
            $this->change->growth() > 0 => '↑',
            default => '↓',
        };
    }

    private function difference(): string
    {
        $growth = $this->isMeasurable() ? $this->change->growth() : null;

        return match (true) {
            $this->change->before->print === $this->change->after->print => '  (back again)',
            $growth === null || $growth === 0 => $this->change->before->text === $this->change->after->text ? '  (another)' : '',
            $this->change->after->isMemory => sprintf('  (%+.1f MB)', $growth / (1 << 20)),
            default => sprintf('  (%+d)', $growth),
        };
    }

    /** Whether both have a size, and of the same kind of thing. */
    private function isMeasurable(): bool
    {
        return $this->change->growth() !== null
            && ($this->change->before->isEmpty || strtok($this->change->before->text, ' :') === strtok($this->change->after->text, ' :') || $this->change->after->isMemory);
    }
}
