<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\Database\DatabaseTransactionsManager;
use Illuminate\Support\Collection;

/**
 * Forgets what was to be done once the transactions of a request commit.
 */
final class RestoreTransactionCallbacks
{
    private ?Closure $forget = null;

    public function __construct(Application $app)
    {
        if ($app->resolved('db.transactions')) {
            $this->forget = Closure::bind(function (): void {
                $this->committedTransactions = new Collection;
                $this->pendingTransactions = new Collection;
                $this->currentTransaction = [];
            }, $app->make('db.transactions'), DatabaseTransactionsManager::class);
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        if ($this->forget !== null) {
            ($this->forget)();
        }
    }
}
