<?php

declare(strict_types=1);

namespace Askr\Laravel\Exceptions;

use RuntimeException;

/**
 * A value of the store was written in a way that this process must not or cannot read.
 */
final class ValueUnreadable extends RuntimeException
{
    /** The process that wrote it had igbinary, and this one has not. */
    public static function withoutIgbinary(): self
    {
        return new self(
            'A value of the askr store was serialised by igbinary, which this PHP has not loaded. '.
            'Load the extension here, or set `serializer` to `php` under `store` in config/askr.php and clear the cache.'
        );
    }

    /** It was written before classes were restricted. */
    public static function byRestrictedClasses(): self
    {
        return new self(
            'A value of the askr store was serialised by igbinary, which cannot honour `serializable_classes` '.
            'of config/cache.php. It was written before that was set: clear the cache.'
        );
    }
}
