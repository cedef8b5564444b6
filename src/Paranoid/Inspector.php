<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Closure;
use Illuminate\Foundation\Application;
use Illuminate\Http\Request;
use Throwable;

/**
 * Watches a worker for state that one request leaves to the next.
 */
final class Inspector
{
    /** The log of the server, as `error_log()` calls it. */
    private const SERVER_LOG = 4;

    /** Requests that may leave whatever they want: the application is still getting warm. */
    private const REQUESTS_BEFORE_BASELINE = 2;

    /** @var list<Watch> */
    private array $watches;

    private Ledger $ledger;

    private Suspects $suspects;

    private ?Request $running = null;

    private int $requestsEnded = 0;

    private bool $hasBaseline = false;

    private bool $isStopped = false;

    private LoadedClasses $classes;

    /** @param  Closure(string): void  $log  Given each entry for the log. */
    public function __construct(
        private Application $app,
        private Settings $settings,
        private Closure $log,
        ?Territory $territory = null,
    ) {
        $territory ??= Territory::of($app, $settings->vendor);

        $this->classes = new LoadedClasses($territory);
        $this->watches = WatchList::of($app, $territory, $this->classes);
        $this->ledger = new Ledger($settings->ignore);
        $this->suspects = new Suspects;
    }

    /** The inspector that the server asks for, or null when it asks for none. */
    public static function fromEnvironment(Application $app): ?self
    {
        $settings = Settings::fromEnvironment();

        return $settings === null ? null : new self($app, $settings, function (string $text): void {
            error_log($text, self::SERVER_LOG);
        });
    }

    /** Look at what the last request has left, once the reset is done and before the next one begins. */
    public function inspect(Request $request): void
    {
        if ($this->isStopped) {
            return;
        }

        try {
            $this->endRunning();
            $this->running = $request;
            $this->inspectState($request);
        } catch (Throwable $exception) {
            $this->isStopped = true;
            ($this->log)(Report::stopped($exception::class.': '.$exception->getMessage()));
        }
    }

    /** Sum up what was found, if anything was, when the worker stops. */
    public function conclude(): void
    {
        if ($this->ledger->findings() !== []) {
            ($this->log)(Report::summary($this->ledger->findings(), $this->ledger->untold(), $this->requestsEnded));
        }
    }

    private function endRunning(): void
    {
        if ($this->running !== null) {
            $this->requestsEnded++;
            $this->suspects->add($this->running);
        }
    }

    private function inspectState(Request $request): void
    {
        $isBaselineDue = ! $this->hasBaseline && $this->requestsEnded >= self::REQUESTS_BEFORE_BASELINE;

        if (! $isBaselineDue && ! ($this->hasBaseline && $this->settings->isDue($this->requestsEnded))) {
            return;
        }

        $changes = $this->look(new Moment($this->app, $request, $this->suspects->count()));
        $news = $this->ledger->enter($changes, $this->requestsEnded, $this->suspects->toString());

        if (! $this->hasBaseline) {
            $this->hasBaseline = true;
            ($this->log)(Report::baseline($this->requestsEnded, $this->classes->count()));
        }

        foreach (Report::news($news, $this->requestsEnded) as $entry) {
            ($this->log)($entry);
        }

        $this->suspects->clear();
    }

    /** @return list<Change> */
    private function look(Moment $moment): array
    {
        $this->classes->refresh();
        $changes = [];

        foreach ($this->watches as $watch) {
            foreach ($watch->look($moment) as $change) {
                // A later watch knows more about the same thing.
                $changes[$change->name] = $change;
            }
        }

        return array_values($changes);
    }
}
