<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Http\Client\Factory;
use Illuminate\Http\Client\RequestException;
use Illuminate\Http\Client\Response;

/**
 * Forgets the middleware, options and fakes that a request gave to the HTTP client.
 */
final class RestoreHttpClient
{
    private ClassState $responses;

    private ?ObjectState $factory = null;

    public function __construct(Application $app)
    {
        $this->responses = new ClassState([
            RequestException::class => ['truncateAt'],
            Response::class => ['defaultJsonDecodingFlags'],
        ]);

        if ($app->resolved(Factory::class)) {
            $this->factory = ObjectState::except($app->make(Factory::class), ['dispatcher']);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->responses->restore();
        $this->factory?->restore();
    }
}
