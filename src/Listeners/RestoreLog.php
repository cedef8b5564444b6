<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Log\Logger;
use Illuminate\Log\LogManager;
use Monolog\ResettableInterface;

/**
 * Forgets what a request told the log: context, channels, processors and handlers.
 */
final class RestoreLog
{
    /** @var list<ObjectState> */
    private array $states = [];

    /** @var list<ResettableInterface> */
    private array $loggers = [];

    public function __construct(Application $app)
    {
        if (! $app->resolved('log') || ! ($log = $app->make('log')) instanceof LogManager) {
            return;
        }

        $this->states[] = ObjectState::of($log, ['channels', 'sharedContext', 'customCreators']);

        foreach ($log->getChannels() as $channel) {
            $this->watch($channel);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        foreach ($this->states as $state) {
            $state->restore();
        }

        foreach ($this->loggers as $logger) {
            $logger->reset();
        }
    }

    private function watch(object $channel): void
    {
        $this->states[] = ObjectState::of($channel, ['context', 'logger']);
        $logger = $channel instanceof Logger ? $channel->getLogger() : $channel;

        if ($logger instanceof ResettableInterface) {
            $this->states[] = ObjectState::of($logger, ['handlers', 'processors']);
            $this->loggers[] = $logger;
        }
    }
}
