<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Contracts\ProcessTable;
use Askr\Laravel\Exceptions\StateFileNotWritable;

/**
 * Remembers which process serves the application.
 */
class ServerStateFile
{
    public function __construct(private string $path, private ProcessTable $processes)
    {
    }

    /** The server that runs now, or null; what a server that is gone has left counts for nothing. */
    public function running(): ?ServerState
    {
        $state = $this->read();

        if ($state === null) {
            return null;
        }

        $startTime = $this->processes->startTime($state->processId);

        // The same number with another start time is another process.
        return $startTime !== null && $startTime === $state->startTime ? $state : null;
    }

    /**
     * Write the state, whole or not at all.
     *
     * @throws StateFileNotWritable
     */
    public function write(ServerState $state): void
    {
        $temporary = "{$this->path}.{$state->processId}";
        $json = json_encode($state->toArray(), JSON_PRETTY_PRINT | JSON_UNESCAPED_SLASHES | JSON_THROW_ON_ERROR);

        if (@file_put_contents($temporary, $json.PHP_EOL) === false || ! @rename($temporary, $this->path)) {
            throw StateFileNotWritable::at($this->path);
        }
    }

    /** Forget a server, unless another one has taken its place. */
    public function forget(ServerState $state): void
    {
        if ($this->read()?->processId === $state->processId) {
            @unlink($this->path);
        }
    }

    private function read(): ?ServerState
    {
        $content = @file_get_contents($this->path);
        $fields = $content === false ? null : json_decode($content, true);

        return is_array($fields) ? ServerState::fromArray($fields) : null;
    }
}
