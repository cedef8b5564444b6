<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

/**
 * The system and the processor PHP runs on.
 */
final readonly class Machine
{
    private const ARCHITECTURES = ['x86_64', 'amd64', 'aarch64', 'arm64'];

    public function __construct(public string $system, public string $architecture)
    {
    }

    /** The machine this process runs on. */
    public static function current(): self
    {
        return new self(php_uname('s'), php_uname('m'));
    }

    /** Whether there is a server binary for it. */
    public function isSupported(): bool
    {
        return $this->system === 'Linux'
            && in_array(strtolower($this->architecture), self::ARCHITECTURES, true);
    }
}
