<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

/**
 * How a visit has ended.
 */
final readonly class Visit
{
    public function __construct(public ?int $status, public ?string $location = null)
    {
    }

    /** What came of an answer, as far as it came. */
    public static function of(string $answer): self
    {
        $head = strstr($answer, "\r\n\r\n", true) ?: $answer;
        preg_match('~^HTTP/1\.[01] (\d{3})~', $head, $status);
        preg_match('~^location:\s*(\S+)~mi', $head, $location);

        return new self(isset($status[1]) ? (int) $status[1] : null, $location[1] ?? null);
    }

    /** Whether the application did what it is there for. */
    public function isFine(): bool
    {
        return $this->status !== null && $this->status < 400;
    }

    /** In words. */
    public function toString(): string
    {
        return ($this->status ?? 'no answer in time').($this->location === null ? '' : " → {$this->location}");
    }
}
