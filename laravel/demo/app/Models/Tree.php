<?php

declare(strict_types=1);

namespace App\Models;

use Illuminate\Database\Eloquent\Model;

/**
 * A tree of the demo database.
 *
 * @property int $id
 * @property string $name
 * @property string $species
 * @property int $height_cm
 */
class Tree extends Model
{
    /** @var list<string> */
    protected $fillable = ['name', 'species', 'height_cm'];

    /** @return array<string, string> */
    protected function casts(): array
    {
        return ['height_cm' => 'integer'];
    }
}
