<?php

declare(strict_types=1);

namespace App\Providers;

use App\RuntimeReport;
use Illuminate\Support\ServiceProvider;

class AppServiceProvider extends ServiceProvider
{
    /** Register what lives as long as the application does. */
    public function register(): void
    {
        $this->app->singleton(RuntimeReport::class);
    }

    /** Make it now: what a request makes ends with the request. */
    public function boot(): void
    {
        $this->app->make(RuntimeReport::class);
    }
}
