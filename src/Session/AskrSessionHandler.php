<?php

declare(strict_types=1);

namespace Askr\Laravel\Session;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Space;
use SessionHandlerInterface;

/**
 * The session driver `askr`: sessions in a part of the server's store that nothing else flushes or fills.
 */
class AskrSessionHandler implements SessionHandlerInterface
{
    public function __construct(private SharedStore $shared, private int $minutes, private string $prefix = '')
    {
    }

    /** There is nothing to open. */
    public function open(string $path, string $name): bool
    {
        return true;
    }

    /** There is nothing to close. */
    public function close(): bool
    {
        return true;
    }

    /** What a session holds, or nothing. */
    public function read(string $id): string
    {
        return (string) $this->shared->get($this->prefix.$id, Space::Sessions);
    }

    /** Keep a session for the configured minutes from now on. */
    public function write(string $id, string $data): bool
    {
        $this->shared->set($this->prefix.$id, $data, max(1, $this->minutes) * 60_000, Space::Sessions);

        return true;
    }

    /** Forget a session. */
    public function destroy(string $id): bool
    {
        $this->shared->delete($this->prefix.$id, Space::Sessions);

        return true;
    }

    /** The store itself lets sessions end. */
    public function gc(int $max_lifetime): int
    {
        return 0;
    }
}
