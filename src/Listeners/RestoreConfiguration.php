<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Closure;
use Illuminate\Config\Repository;

/**
 * Puts the configuration back to what it was after booting.
 *
 * The repository stays the same object, because managers and services keep it.
 */
final class RestoreConfiguration
{
    /** @var array<string, mixed> */
    private array $items;

    /** @var Closure(array<string, mixed>): void */
    private Closure $restore;

    public function __construct(Repository $config)
    {
        $this->items = $config->all();
        // `set()` could change keys but not remove those that a request has added.
        $this->restore = Closure::bind(function (array $items): void {
            $this->items = $items;
        }, $config, Repository::class);
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        ($this->restore)($this->items);
    }
}
