<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\NothingToVisit;
use Askr\Laravel\Exceptions\TrialFailed;
use Askr\Laravel\Exceptions\UnsupportedMachine;
use Askr\Laravel\Exceptions\UnusableAddress;
use Askr\Laravel\Paranoid\Trial\Outcome;
use Askr\Laravel\Paranoid\Trial\Targets;
use Askr\Laravel\Paranoid\Trial\Trial;
use Askr\Laravel\Paranoid\Trial\Visitor;
use Askr\Laravel\Process\InvocationBuilder;
use Illuminate\Console\Command;
use Illuminate\Contracts\Config\Repository;
use Symfony\Component\Console\Attribute\AsCommand;
use Symfony\Component\Console\Output\OutputInterface;

/**
 * Says whether the application leaves state of one request to the next.
 */
#[AsCommand(name: 'askr:paranoid', description: 'Find out whether requests leave state to one another')]
class ParanoidCommand extends Command
{
    /** Requests it takes to tell what goes on growing from what has filled. */
    private const REQUESTS_MIN = 40;

    private const ROUNDS_MIN = 3;

    /** @var string */
    protected $signature = 'askr:paranoid
        {urls?* : The URLs or paths to visit [default: every GET route without parameters]}
        {--file= : A file with one URL on each line}
        {--rounds= : How often each URL is visited [default: so that there are 40 requests, at least 3]}
        {--header=* : A header field to send, such as "Cookie: name=value"}
        {--timeout=30 : The seconds that one request may take}
        {--vendor=* : A Composer package to watch as well, such as "livewire/*"}
        {--strict : Fail also for what was filled and then no longer changed}';

    /** Run the trial: 0 when nothing bleeds, 1 when something does, 2 when nothing can be said. */
    public function handle(InvocationBuilder $builder, Repository $config, Targets $targets, Trial $trial): int
    {
        // This application alone: others would take the sockets of those that run, and redirects the visits.
        $config->set(['askr.server.hosts' => [], 'askr.server.redirects' => []]);

        try {
            $chosen = $targets->choose($this->argument('urls'), $this->option('file'));
            $rounds = $this->rounds(count($chosen));
            $this->components->info(sprintf('Visiting %s, %d times each, on a server with one worker', $this->counted(count($chosen), 'URL'), $rounds));

            $visitor = new Visitor($targets->host(), $this->option('header'), (float) $this->option('timeout'));
            $outcome = $trial->run($builder->build($this->flags()), $visitor, $chosen, $rounds, $this->show(...));
        } catch (BinaryNotFound|NothingToVisit|TrialFailed|UnsupportedMachine|UnusableAddress $exception) {
            return $this->giveUp($exception->getMessage());
        }

        return $this->conclude($outcome);
    }

    /** Say why nothing can be said, and below it what the server had to say, as it is. */
    private function giveUp(string $reason): int
    {
        [$head, $rest] = explode("\n", $reason, 2) + [1 => ''];
        $this->components->error($head);
        $this->show($rest);

        return self::INVALID;
    }

    private function rounds(int $urls): int
    {
        return max(1, (int) ($this->option('rounds') ?? max(self::ROUNDS_MIN, ceil(self::REQUESTS_MIN / $urls))));
    }

    /**
     * A server of its own: a free port, and one worker, in which all requests meet.
     *
     * @return array<string, string>
     */
    private function flags(): array
    {
        return array_filter([
            // Without encryption, whatever the application's server has.
            'listen' => 'http://127.0.0.1:0',
            'http-redirect' => 'off',
            // The commands for the application's server are not to reach this one.
            'control-socket' => sys_get_temp_dir().'/askr-paranoid-'.getmypid().'.sock',
            'isolation' => 'worker',
            'workers' => '1',
            'max-requests' => '0',
            'log-level' => 'info',
            'log-format' => 'json',
            'paranoid' => 'on',
            'paranoid-vendor' => implode(',', $this->option('vendor')),
        ], fn (string $value): bool => $value !== '');
    }

    private function conclude(Outcome $outcome): int
    {
        $this->newLine();

        foreach ($outcome->visits() as $url => $ends) {
            $this->components->twoColumnDetail($url, $ends);
        }

        $this->newLine();
        $fails = $outcome->bleeds() > 0 || ($this->option('strict') && $outcome->settled() > 0);

        if ($fails) {
            $this->components->error("State of one request reaches the next: {$this->counted($outcome->bleeds(), 'possible bleed')}, {$outcome->settled()} settled.");

            return self::FAILURE;
        }

        $this->components->info('Clean: no request leaves state to the next'.match ($outcome->settled()) {
            0 => '',
            default => ", but for {$outcome->settled()} that was filled once and then no longer changed; see that it holds nothing of a visitor",
        });

        return self::SUCCESS;
    }

    private function counted(int $count, string $noun): string
    {
        return $count === 1 ? "1 {$noun}" : "{$count} {$noun}s";
    }

    /** Show an entry of the watch as the server's log has it. */
    private function show(string $entry): void
    {
        $this->output->writeln($entry, OutputInterface::OUTPUT_RAW);
    }
}
