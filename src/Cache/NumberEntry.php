<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreUnavailable;
use Askr\Laravel\Store\Space;
use RuntimeException;

/**
 * An entry that is added to, as one step, whether it is a number or text that looks like one.
 */
class NumberEntry
{
    /** Each that fails means that somebody else has succeeded meanwhile. */
    private const ATTEMPTS_MAX = 100;

    public function __construct(private SharedStore $shared, private ValueCodec $codec, private Space $space)
    {
    }

    /**
     * Add to it; false when it is no number.
     *
     * @throws RuntimeException|StoreUnavailable
     */
    public function increment(string $key, int|float $by): int|float|false
    {
        for ($attempt = 1; ; $attempt++) {
            try {
                return $this->shared->increment($key, $by, 0, $this->space);
            } catch (StoreUnavailable $exception) {
                throw $exception;
            } catch (RuntimeException $exception) {
                $text = $this->shared->get($key, $this->space);

                // Room, range, a busy store: nothing that another look would change.
                if (! is_string($text) || $attempt === self::ATTEMPTS_MAX) {
                    throw $exception;
                }

                $value = $this->codec->decode($text);
            }

            if (! is_numeric($value)) {
                return false;
            }

            // From here on it is a number, for all who add to it.
            $this->shared->replace($key, $text, $value + 0, max(0, (int) $this->shared->remaining($key, $this->space)), $this->space);
        }
    }
}
