<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

/**
 * Which process serves the application, and where.
 */
final readonly class ServerState
{
    /**
     * @param  string|null  $startTime  What tells the process from a later one with the same number.
     * @param  int  $startedAt  Unix time, in seconds.
     * @param  string|null  $base  The folder of the application, by the name that the server was given.
     * @param  list<string>  $urls  Where it serves, as it says itself; none before it does.
     */
    public function __construct(
        public int $processId,
        public ?string $startTime,
        public int $startedAt,
        public ?string $base = null,
        public array $urls = [],
    ) {
    }

    /**
     * The state that a file's content describes, or null when it describes none.
     *
     * @param  array<array-key, mixed>  $fields
     */
    public static function fromArray(array $fields): ?self
    {
        $processId = $fields['masterProcessId'] ?? null;

        if (! is_int($processId) || $processId <= 0) {
            return null;
        }

        return new self(
            $processId,
            isset($fields['masterStartTime']) ? (string) $fields['masterStartTime'] : null,
            (int) ($fields['startedAt'] ?? 0),
            isset($fields['base']) ? (string) $fields['base'] : null,
            array_values(array_filter((array) ($fields['urls'] ?? []), is_string(...))),
        );
    }

    /** @return array{masterProcessId: int, masterStartTime: ?string, startedAt: int, base: ?string, urls: list<string>} */
    public function toArray(): array
    {
        return [
            'masterProcessId' => $this->processId,
            'masterStartTime' => $this->startTime,
            'startedAt' => $this->startedAt,
            'base' => $this->base,
            'urls' => $this->urls,
        ];
    }

    /** The same server, which serves there as well. */
    public function servingAt(string $url): self
    {
        return new self($this->processId, $this->startTime, $this->startedAt, $this->base, [...$this->urls, $url]);
    }

    /** Where the server serves, for people to read; nothing before it does. */
    public function place(): string
    {
        return implode(', ', $this->urls);
    }
}
