<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\StateFileNotWritable;
use Askr\Laravel\Exceptions\UnsupportedMachine;
use Askr\Laravel\Exceptions\UnusableAddress;
use Askr\Laravel\Process\ForegroundServer;
use Askr\Laravel\Process\InvocationBuilder;
use Askr\Laravel\Process\ServerState;
use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Console\Command;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Input\InputOption;
use Symfony\Component\Console\Output\OutputInterface;

/**
 * Serves the application until it is stopped.
 */
#[AsCommand(name: 'askr:start', description: 'Serve the application with Askr')]
class StartCommand extends Command
{
    /** The options that the server has by the same names. */
    private const PASSED_ON = [
        'workers', 'max-requests', 'max-memory', 'request-timeout', 'cow', 'refork-after', 'isolation', 'pool',
        'limit', 'watch', 'log-level',
    ];

    /** @var string */
    protected $signature = 'askr:start
        {--host= : The address to listen on [default: 127.0.0.1]}
        {--port= : The port to listen on; 0 takes a free one [default: 8000]}
        {--workers= : The number of workers, a range such as 2..8, or "auto" for one per core [default: auto]}
        {--max-requests= : The requests after which a worker is replaced; 0 is never [default: 10000]}
        {--max-memory= : The private memory above which a worker is replaced, such as 128MB}
        {--request-timeout= : How long a request may take, such as 30s}
        {--cow : Boot the application once, and fork the workers from it}
        {--refork-after= : With --cow: the requests after which a warm worker is what others are forked from}
        {--isolation= : What a request shares with those before it: worker, fork or request}
        {--pool=* : Workers for some paths alone, such as "slow paths=/reports workers=1..2"}
        {--limit=* : The requests that one client may send, such as "login paths=/login rate=5/1m burst=10"}
        {--watch : Reload when a file of the application changes}
        {--classic : Boot the application for each request, as PHP-FPM does, so that changes are seen at once}
        {--log-level= : The least level to log: error, warn, info, debug or trace [default: info]}';

    /** Add the option that may be given with a value and without. */
    protected function configure(): void
    {
        $this->addOption(
            'paranoid',
            null,
            InputOption::VALUE_OPTIONAL,
            'Log the state that requests leave to one another; a share such as 0.01 looks at some of them only',
            false,
        );
    }

    /** Run the server, and give its exit code. */
    public function handle(InvocationBuilder $builder, ServerStateFile $file, ForegroundServer $server): int
    {
        if ($running = $file->running()) {
            return $this->refuse($running);
        }

        try {
            $invocation = $builder->build($this->flags($builder), $this->option('classic'));
            $this->components->info('Starting the server. Press Ctrl+C to stop it');

            return $server->run($invocation, $this->forward(...), $this->welcome(...));
        } catch (BinaryNotFound|StateFileNotWritable|UnsupportedMachine|UnusableAddress $exception) {
            $this->components->error($exception->getMessage());

            return self::FAILURE;
        }
    }

    /**
     * The options that were given, as flags of the server.
     *
     * @return array<string, string|true|list<string>>
     *
     * @throws UnusableAddress
     */
    private function flags(InvocationBuilder $builder): array
    {
        [$host, $port] = [$this->option('host'), $this->option('port')];
        $isAddressGiven = $host !== null || $port !== null;
        $given = ['listen' => $isAddressGiven ? $builder->address($host, $port)->toString() : null];

        foreach (self::PASSED_ON as $name) {
            $given[$name] = $this->option($name);
        }

        return array_filter($given + [
            'paranoid' => $this->option('paranoid') === false ? null : $this->option('paranoid') ?? 'on',
            // A file that has just been saved is not to be served as it was.
            'ini' => $this->option('classic') ? 'opcache.revalidate_freq=0' : null,
        ], fn (mixed $value): bool => $value !== null && $value !== false && $value !== []);
    }

    private function refuse(ServerState $running): int
    {
        $does = $running->urls === [] ? 'being started' : "served already, on [{$running->place()}]";
        $this->components->error(
            "This application is {$does} by process {$running->processId}. Stop it with `php artisan askr:stop` first."
        );

        return self::FAILURE;
    }

    /** Say where the application can be seen. */
    private function welcome(string $url): void
    {
        $this->components->info("Server running on [{$url}]");
    }

    /** Show what the server prints, as it is. */
    private function forward(string $text): void
    {
        $this->output->write($text, false, OutputInterface::OUTPUT_RAW);
    }
}
