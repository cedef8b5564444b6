<?php

declare(strict_types=1);

namespace App\Providers;

use App\Http\Middleware\CountRequests;
use App\RuntimeReport;
use Illuminate\Support\ServiceProvider;

class AppServiceProvider extends ServiceProvider
{
    /** Register what lives as long as the application does. */
    public function register(): void
    {
        $this->app->singleton(RuntimeReport::class);
        $this->app->singleton(CountRequests::class);
    }

    /** Make them now: what a request makes ends with the request. */
    public function boot(): void
    {
        $this->app->make(CountRequests::class);
    }
}
