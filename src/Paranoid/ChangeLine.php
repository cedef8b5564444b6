<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * One change as the log shows it: `↑ App\Services\Foo::$cache  array:2 → array:3  (+1)`.
 */
final readonly class ChangeLine
{
    private const NAME_WIDTH_MAX = 200;

    public function __construct(private Change $change)
    {
    }

    /** The line, with its arrow. */
    public function toString(): string
    {
        $step = "{$this->change->before->text} → {$this->change->after->text}";

        return "{$this->arrow()} {$this->name()}  {$step}{$this->difference()}";
    }

    /** The name in one line: keys of arrays are part of it, and may be anything a visitor sent. */
    private function name(): string
    {
        return mb_strimwidth(preg_replace('/[\x00-\x1F\x7F]/', '?', $this->change->name) ?? '', 0, self::NAME_WIDTH_MAX, '…');
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
