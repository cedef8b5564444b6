<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Cache\Concerns\TellsListenersOnly;
use Illuminate\Cache\Repository;

/**
 * A cache that is quick about what nobody listens for.
 */
class AskrRepository extends Repository
{
    use TellsListenersOnly;
}
