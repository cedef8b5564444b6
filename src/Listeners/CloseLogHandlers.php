<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\TemplateForking;
use Illuminate\Log\Logger;
use Illuminate\Log\LogManager;
use Monolog\Logger as Monolog;

/**
 * Writes out and closes the handlers of the log, which open again with the next line.
 */
final class CloseLogHandlers
{
    /** Handle the event. */
    public function handle(TemplateForking $event): void
    {
        $log = $event->app->resolved('log') ? $event->app->make('log') : null;

        foreach ($log instanceof LogManager ? $log->getChannels() : [] as $channel) {
            $logger = $channel instanceof Logger ? $channel->getLogger() : $channel;

            if ($logger instanceof Monolog) {
                $logger->close();
            }
        }
    }
}
