<?php

declare(strict_types=1);

namespace Askr\Laravel\Events;

use Illuminate\Contracts\Foundation\Application;

/**
 * This process is about to fork workers, which will share whatever it has open.
 */
final readonly class TemplateForking
{
    public function __construct(
        public Application $app,
    ) {
    }
}
