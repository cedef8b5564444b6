<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * One kind of state that can outlive a request.
 */
interface Watch
{
    /**
     * What is different from the last look; the first look finds nothing.
     *
     * @return list<Change>
     */
    public function look(Moment $moment): array;
}
