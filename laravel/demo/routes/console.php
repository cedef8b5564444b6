<?php

declare(strict_types=1);

use App\Models\Tree;
use Illuminate\Support\Facades\Artisan;

Artisan::command('demo:trees', function (): void {
    $this->table(['Name', 'Species', 'Height'], Tree::query()->orderBy('name')->get()->map(
        fn (Tree $tree): array => [$tree->name, $tree->species, $tree->height_cm.' cm'],
    )->all());
})->purpose('List the trees of the demo database');
