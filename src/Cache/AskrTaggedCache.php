<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Cache\Concerns\TellsListenersOnly;
use Illuminate\Cache\TaggedCache;

/**
 * A cache of entries with tags that is quick about what nobody listens for.
 */
class AskrTaggedCache extends TaggedCache
{
    use TellsListenersOnly;
}
