<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\UnsupportedMachine;

/**
 * Finds the server binary.
 */
class BinaryLocator
{
    /**
     * @param  array<string, ?string>  $named  Paths somebody has named, by who did; the first one set counts.
     * @param  list<string>  $places  Paths where the binary may be, in this order.
     * @param  string  $searchPath  Folders, as in PATH.
     */
    public function __construct(
        private Machine $machine,
        private array $named,
        private array $places,
        private string $searchPath,
    ) {
    }

    /**
     * The path of the binary.
     *
     * @throws BinaryNotFound
     * @throws UnsupportedMachine
     */
    public function locate(): string
    {
        if (! $this->machine->isSupported()) {
            throw UnsupportedMachine::named($this->machine->system, $this->machine->architecture);
        }

        return $this->named() ?? $this->found();
    }

    /**
     * @throws BinaryNotFound
     */
    private function named(): ?string
    {
        foreach (array_filter($this->named, filled(...)) as $place => $path) {
            return $this->isProgram($path)
                ? $path
                : throw BinaryNotFound::atNamedPlace($place, $path);
        }

        return null;
    }

    /**
     * @throws BinaryNotFound
     */
    private function found(): string
    {
        $candidates = [...$this->places, ...$this->inSearchPath()];

        foreach ($candidates as $path) {
            if ($this->isProgram($path)) {
                return $path;
            }
        }

        throw BinaryNotFound::afterLookingAt($candidates);
    }

    /** @return list<string> */
    private function inSearchPath(): array
    {
        $folders = array_filter(explode(PATH_SEPARATOR, $this->searchPath), filled(...));

        return array_values(array_map(
            fn (string $folder): string => rtrim($folder, '/').'/askr',
            array_unique($folders),
        ));
    }

    private function isProgram(string $path): bool
    {
        return is_file($path) && is_executable($path);
    }
}
