<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\TemplateForking;
use Askr\Laravel\Forking\Reachable;
use Closure;
use GuzzleHttp\Handler\CurlFactory;
use GuzzleHttp\Handler\CurlMultiHandler;
use Memcached;
use Pheanstalk\Connection as PheanstalkConnection;
use Predis\Connection\ConnectionInterface as PredisConnection;
use Symfony\Component\HttpClient\CurlHttpClient;
use Symfony\Component\Mailer\Transport\Smtp\SmtpTransport;
use Throwable;

/**
 * Closes what clients of other servers keep open, wherever the application holds them.
 *
 * Broadcasters, mailers, queues, disks and notification channels have such clients
 * inside, and the application has its own. They stay the same objects, and connect
 * again when they are used.
 */
final class CloseClients
{
    /** Handle the event. */
    public function handle(TemplateForking $event): void
    {
        $close = $this->closers();

        foreach (Reachable::from($event->app, array_keys($close)) as $class => $clients) {
            foreach ($clients as $client) {
                try {
                    $close[$class]($client);
                } catch (Throwable) {
                    // It was gone already, which is all that was wanted.
                }
            }
        }
    }

    /** @return array<class-string, Closure(object): mixed> How each kind is closed. */
    private function closers(): array
    {
        return [
            CurlFactory::class => fn (object $factory): mixed => Closure::bind(function (): void {
                $this->handles = [];
            }, $factory, CurlFactory::class)(),
            CurlMultiHandler::class => fn (object $handler): mixed => Closure::bind(function (): void {
                unset($this->_mh);
            }, $handler, CurlMultiHandler::class)(),
            CurlHttpClient::class => fn (object $client): mixed => $client->reset(),
            SmtpTransport::class => fn (object $transport): mixed => $transport->stop(),
            PredisConnection::class => fn (object $connection): mixed => $connection->disconnect(),
            PheanstalkConnection::class => fn (object $connection): mixed => $connection->disconnect(),
            Memcached::class => fn (object $memcached): mixed => $memcached->quit(),
        ];
    }
}
