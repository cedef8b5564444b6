<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Process\ServerConsole;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Console\Command;
use Illuminate\Support\Number;
use Symfony\Component\Console\Attribute\AsCommand;

/**
 * Says whether the server runs, where, and what.
 */
#[AsCommand(name: 'askr:status', description: 'Show whether the Askr server of this application runs, and its workers')]
class StatusCommand extends Command
{
    /** @var string */
    protected $signature = 'askr:status
        {--host= : Show one application of several, by its name under "hosts" [default: all]}';

    /** Show the state; the exit code is 0 only when the server runs, and has the application that is meant. */
    public function handle(ServerStateFile $file, ServerConsole $console): int
    {
        $host = $this->option('host');
        $state = $file->running();
        $status = $console->status($host);

        if ($state !== null && $status === null && $host !== null) {
            $this->components->error("The server says nothing of an application [{$host}].");

            return self::FAILURE;
        }

        if ($state === null && $status === null) {
            $this->components->warn('The server is not running.');

            return self::FAILURE;
        }

        $this->components->info('The server is running.');
        $this->showProcess($state);
        $this->showApplication($status ?? []);

        foreach ($status['hosts'] ?? [] as $other) {
            $this->newLine();
            $this->components->twoColumnDetail("<options=bold>Host {$other['name']}</>");
            $this->showApplication($other);
        }

        $this->newLine();

        return self::SUCCESS;
    }

    /** A server that was not started by `askr:start` has left no file. */
    private function showProcess(?ServerState $state): void
    {
        if ($state !== null) {
            $this->components->twoColumnDetail('Address', $state->place() ?: 'does not serve yet');
            $this->components->twoColumnDetail('Process', (string) $state->processId);
            $this->components->twoColumnDetail('Started', date(DATE_ATOM, $state->startedAt));
        }
    }

    /** @param  array<string, mixed>  $status */
    private function showApplication(array $status): void
    {
        $this->showGeneration($status);
        array_map($this->showPool(...), $status['pools'] ?? []);
        $this->showStore($status['store'] ?? null);
    }

    /** @param  array<string, mixed>  $status */
    private function showGeneration(array $status): void
    {
        foreach ([
            'Generation' => $status['generation'] ?? null,
            // The folder of the release: the console would shorten a path below this one's.
            'Release' => isset($status['path']) ? dirname((string) $status['path']) : null,
            'Serving since' => isset($status['since']) ? date(DATE_ATOM, (int) $status['since']) : null,
            'Under way' => $status['change'] ?? null,
            'Rollback returns to' => isset($status['previous']) ? "generation {$status['previous']}" : null,
        ] as $name => $value) {
            $value === null ?: $this->components->twoColumnDetail($name, (string) $value);
        }
    }

    /** @param  array<string, mixed>  $pool */
    private function showPool(array $pool): void
    {
        $this->newLine();
        $this->components->twoColumnDetail("Pool {$pool['name']}", "{$pool['waiting']} requests wait");
        $this->table(
            ['Seat', 'Process', 'Generation', 'State', 'Replies', 'Failed', 'Age', 'Private memory'],
            array_map($this->row(...), $pool['workers']),
        );
    }

    /** @param  null|array<string, mixed>  $store */
    private function showStore(?array $store): void
    {
        if ($store === null) {
            return;
        }

        $this->newLine();
        $this->components->twoColumnDetail('Store', $store['socket'] ?? 'reached by the server only');
        $this->table(
            ['Part', 'Entries', 'Memory', 'of', 'Hits', 'Misses', 'Evicted', 'Refused'],
            array_map(fn (array $part): array => [
                $part['name'], $part['entries'], Number::fileSize($part['bytes'], 1), Number::fileSize($part['capacity'], 1),
                $part['hits'], $part['misses'], $part['evictions'], $part['refused'],
            ], $store['namespaces']),
        );
    }

    /**
     * @param  array<string, mixed>  $worker
     * @return list<string>
     */
    private function row(array $worker): array
    {
        return [
            (string) $worker['seat'],
            (string) ($worker['pid'] ?? '-'),
            (string) $worker['generation'],
            $worker['state'].($worker['canary'] ? ' (canary)' : ''),
            (string) $worker['replies'],
            (string) $worker['failures'],
            "{$worker['age']} s",
            isset($worker['private_bytes']) ? Number::fileSize($worker['private_bytes'], 1) : '-',
        ];
    }
}
