<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ObjectState;
use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Routing\UrlGenerator;

/**
 * Forgets the scheme, the root and the default parameters that a request forced upon URLs.
 */
final class RestoreUrlGenerator
{
    private ?UrlGenerator $url = null;

    private ?ObjectState $state = null;

    private ?Closure $forgetDefaults = null;

    /** @var array<string, mixed> */
    private array $defaults = [];

    public function __construct(Application $app)
    {
        if (! $app->resolved('url') || ! ($url = $app->make('url')) instanceof UrlGenerator) {
            return;
        }

        $this->url = $url;
        $this->defaults = $url->getDefaultParameters();
        $this->forgetDefaults = Closure::bind(fn () => $this->routeGenerator = null, $url, UrlGenerator::class);
        $this->state = ObjectState::of($url, [
            'assetRoot', 'forcedRoot', 'forceScheme', 'rootNamespace', 'sessionResolver', 'keyResolver',
            'missingNamedRouteResolver', 'formatHostUsing', 'formatPathUsing',
        ]);
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($this->state === null) {
            return;
        }

        $this->state->restore();
        // They live in an object of their own, which each new request inherits.
        ($this->forgetDefaults)();

        if ($this->defaults !== []) {
            $this->url?->defaults($this->defaults);
        }
    }
}
