<?php

declare(strict_types=1);

namespace Database\Seeders;

use App\Models\Tree;
use Illuminate\Database\Seeder;

class DatabaseSeeder extends Seeder
{
    /** Plant the trees; running it again changes nothing. */
    public function run(): void
    {
        foreach (self::TREES as [$name, $species, $heightCm]) {
            Tree::query()->updateOrCreate(
                ['name' => $name],
                ['species' => $species, 'height_cm' => $heightCm],
            );
        }
    }

    private const TREES = [
        ['Yggdrasil', 'Fraxinus excelsior', 12000],
        ['Askr', 'Fraxinus excelsior', 3150],
        ['Embla', 'Ulmus glabra', 2840],
        ['Læraðr', 'Fraxinus excelsior', 4210],
        ['Mímameiðr', 'Taxus baccata', 1980],
        ['Barnstokkr', 'Malus sylvestris', 940],
        ['Glasir', 'Betula pendula', 2260],
        ['Irminsul', 'Quercus robur', 3620],
        ['Reynir', 'Sorbus aucuparia', 1170],
        ['Greni', 'Picea abies', 4480],
        ['Fura', 'Pinus sylvestris', 3390],
        ['Lind', 'Tilia cordata', 2730],
        ['Hlynr', 'Acer platanoides', 2410],
        ['Selja', 'Salix caprea', 860],
        ['Ösp', 'Populus tremula', 2590],
        ['Hassel', 'Corylus avellana', 610],
    ];
}
