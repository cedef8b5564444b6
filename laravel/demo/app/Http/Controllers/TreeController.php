<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use App\Models\Tree;
use Illuminate\Contracts\View\Factory;
use Illuminate\Contracts\View\View;

class TreeController
{
    /** Render the trees of the SQLite database with Blade. */
    public function __invoke(Factory $views): View
    {
        return $views->make('trees', [
            'trees' => Tree::query()->orderByDesc('height_cm')->limit(20)->get(),
        ]);
    }
}
