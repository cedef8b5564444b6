<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\RuntimeReport;
use Illuminate\Contracts\View\Factory;
use Illuminate\Contracts\View\View;

class HomeController
{
    /** Show what is running, and where to go from here. */
    public function __invoke(Factory $views, RuntimeReport $report): View
    {
        return $views->make('home', ['facts' => $report->facts()]);
    }
}
