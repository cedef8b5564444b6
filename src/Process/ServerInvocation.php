<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

/**
 * How the server is called.
 */
final readonly class ServerInvocation
{
    /**
     * @param  list<string>  $command
     * @param  array<string, string|false>  $environment  False takes a variable away.
     */
    public function __construct(
        public array $command,
        public array $environment,
        public string $folder,
    ) {
    }
}
