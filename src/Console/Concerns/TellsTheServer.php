<?php

declare(strict_types=1);

namespace Askr\Laravel\Console\Concerns;

use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\UnsupportedMachine;
use Askr\Laravel\Exceptions\UnusableAddress;
use Askr\Laravel\Process\ServerConsole;
use Symfony\Component\Console\Output\OutputInterface;

/**
 * Has the running server do something, and shows what it says of it.
 */
trait TellsTheServer
{
    /** @param  array<string, string|true>  $flags */
    private function tell(ServerConsole $console, string $command, array $flags = []): int
    {
        try {
            return $console->run($command, $flags, function (string $text): void {
                $this->output->write($text, false, OutputInterface::OUTPUT_RAW);
            });
        } catch (BinaryNotFound|UnsupportedMachine|UnusableAddress $exception) {
            $this->components->error($exception->getMessage());

            return self::FAILURE;
        }
    }
}
