<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use RuntimeException;

class FailController
{
    /**
     * Throw, to show that one failing request costs nothing but itself.
     *
     * @throws RuntimeException
     */
    public function __invoke(): never
    {
        throw new RuntimeException('This route fails on purpose.');
    }
}
