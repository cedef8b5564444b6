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
     */
    public function __construct(
        public int $processId,
        public ?string $startTime,
        public string $host,
        public int $port,
        public int $startedAt,
        public ?string $base = null,
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
            (string) ($fields['host'] ?? ''),
            (int) ($fields['port'] ?? 0),
            (int) ($fields['startedAt'] ?? 0),
            isset($fields['base']) ? (string) $fields['base'] : null,
        );
    }

    /** @return array{masterProcessId: int, masterStartTime: ?string, host: string, port: int, startedAt: int, base: ?string} */
    public function toArray(): array
    {
        return [
            'masterProcessId' => $this->processId,
            'masterStartTime' => $this->startTime,
            'host' => $this->host,
            'port' => $this->port,
            'startedAt' => $this->startedAt,
            'base' => $this->base,
        ];
    }

    /** The same server, at the address it has really taken. */
    public function listeningOn(ServerAddress $address): self
    {
        return new self($this->processId, $this->startTime, $address->host, $address->port, $this->startedAt, $this->base);
    }

    /** Where the server listens. */
    public function address(): ServerAddress
    {
        return new ServerAddress($this->host, $this->port);
    }
}
