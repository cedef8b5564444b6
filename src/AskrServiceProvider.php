<?php

declare(strict_types=1);

namespace Askr\Laravel;

use Askr\Laravel\Contracts\Bridge;
use Askr\Laravel\Native\NativeBridge;
use Illuminate\Support\ServiceProvider;

/**
 * Makes Askr a part of the Laravel application.
 */
class AskrServiceProvider extends ServiceProvider
{
    /** Register what the package offers to the container. */
    public function register(): void
    {
        $this->app->singleton(Bridge::class, NativeBridge::class);
    }
}
