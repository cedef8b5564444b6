<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Contracts\SharedStore;
use Illuminate\Cache\TagSet;

/**
 * Tags that the store itself knows: each entry has them, and forgetting one ends its entries at once.
 */
class AskrTagSet extends TagSet
{
    /** @param  list<string>  $names */
    public function __construct(AskrStore $store, private SharedStore $shared, array $names)
    {
        parent::__construct($store, $names);
    }

    /** End the entries of a tag. */
    public function resetTag($name): string
    {
        $this->shared->forgetTag($this->tagKey($name));

        return $this->tagId($name);
    }

    /** End the entries of a tag. */
    public function flushTag($name): void
    {
        $this->resetTag($name);
    }

    /** A tag keeps its identity: it is the entries that end. */
    public function tagId($name): string
    {
        return $this->tagKey($name);
    }

    /** What the store calls the tag. */
    public function tagKey($name): string
    {
        return $this->store->getPrefix()."tag:{$name}";
    }
}
