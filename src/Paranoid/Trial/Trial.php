<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

use Askr\Laravel\Contracts\ServerProcess;
use Askr\Laravel\Exceptions\TrialFailed;
use Askr\Laravel\Process\ServerInvocation;
use Askr\Laravel\Process\SignalForwarder;
use Closure;

/**
 * Visits URLs of a server that runs for this purpose only, and hears what its watch reports.
 */
class Trial
{
    /** SIGTERM, which has no name without the pcntl extension. */
    private const TERMINATE = 15;

    private const LOOK_EVERY_MS = 20;

    private const START_SECONDS_MAX = 120;

    /** Two before the baseline, and one at whose beginning it is set. */
    private const WARM_UP_VISITS = 3;

    public function __construct(private ServerProcess $server, private SignalForwarder $signals)
    {
    }

    /**
     * Run the server, visit every target once in each round, and stop the server.
     *
     * @param  list<Target>  $targets
     * @param  Closure(string): void  $report  Given each entry of the watch.
     *
     * @throws TrialFailed
     */
    public function run(ServerInvocation $invocation, Visitor $visitor, array $targets, int $rounds, Closure $report): Outcome
    {
        $outcome = new Outcome;
        $log = new ServerLog(function (string $entry) use ($outcome, $report): void {
            $outcome->hear($entry);
            $report($entry);
        });

        $this->signals->forward($this->server->signal(...));

        try {
            $this->server->start($invocation, $log->hear(...));
            $url = $this->await($log);
            $this->visitAll($url, $visitor, $targets, $rounds, $outcome, $log);
        } finally {
            // Nothing is left behind, whatever has happened.
            $this->server->signal(self::TERMINATE);
            $this->server->wait();
            $this->signals->restore();
        }

        return $outcome->orFail($log->complaints());
    }

    /**
     * @throws TrialFailed
     */
    private function await(ServerLog $log): string
    {
        $deadline = microtime(true) + self::START_SECONDS_MAX;

        while ($log->url() === null) {
            if (! $this->server->isRunning() || microtime(true) > $deadline) {
                throw TrialFailed::becauseNothingServes($log->complaints());
            }

            usleep(self::LOOK_EVERY_MS * 1000);
        }

        return $log->url();
    }

    /**
     * Let the baseline be set by requests that run no route: what the first visits of the
     * targets leave is to be seen as well.
     */
    private function warmUp(string $url, Visitor $visitor): void
    {
        for ($visit = -self::WARM_UP_VISITS; $visit < 0; $visit++) {
            $visitor->visit($url, Target::of('/askr-paranoid-warm-up'), $visit);
        }
    }

    /**
     * @param  list<Target>  $targets
     *
     * @throws TrialFailed
     */
    private function visitAll(string $url, Visitor $visitor, array $targets, int $rounds, Outcome $outcome, ServerLog $log): void
    {
        $count = count($targets) * $rounds;
        $this->warmUp($url, $visitor);

        for ($visit = 0; $visit < $count; $visit++) {
            $target = $targets[$visit % count($targets)];
            $outcome->note($target, $visitor->visit($url, $target, $visit));

            // Asked after each visit, because this also takes in what the server prints.
            if (! $this->server->isRunning()) {
                throw TrialFailed::becauseNothingServes($log->complaints());
            }
        }

        // What a request has left is seen when the next one begins, so the last needs one more.
        $visitor->visit($url, $targets[0], $count);
    }
}
