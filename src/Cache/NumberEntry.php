<?php

declare(strict_types=1);

namespace Askr\Laravel\Cache;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Store\Space;
use Askr\StoreException;

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
     * @throws StoreException
     */
    public function increment(string $key, int|float $by): int|float|false
    {
        for ($attempt = 1; ; $attempt++) {
            try {
                return $this->shared->increment($key, $by, 0, $this->space);
            } catch (StoreException $exception) {
                if ($exception->getCode() !== StoreException::NOT_A_NUMBER || $attempt === self::ATTEMPTS_MAX) {
                    throw $exception;
                }
            }

            if (! $this->makeNumber($key)) {
                return false;
            }
        }
    }

    /** From here on it is a number, for all who add to it; false when that cannot be. */
    private function makeNumber(string $key): bool
    {
        $text = $this->shared->get($key, $this->space);

        // Somebody else has deleted it meanwhile, or has made it a number.
        if (! is_string($text)) {
            return true;
        }

        $value = $this->codec->decode($text);
        $remaining = $this->shared->remaining($key, $this->space);

        if (is_numeric($value) && $remaining !== null) {
            $this->shared->replace($key, $text, $value + 0, max(0, $remaining), $this->space);
        }

        return is_numeric($value);
    }
}
