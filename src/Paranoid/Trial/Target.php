<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

/**
 * A URL of the application, taken apart.
 */
final readonly class Target
{
    private function __construct(public ?string $host, public string $path)
    {
    }

    /** What a path or a URL stands for; without a host the application's own is meant. */
    public static function of(string $url): self
    {
        if (preg_match('~^https?://([^/?#]+)([^#]*)~i', $url, $parts) === 1) {
            return new self($parts[1], self::absolute($parts[2]));
        }

        return new self(null, self::absolute(strstr($url, '#', true) ?: $url));
    }

    /** A path on a host of the application. */
    public static function on(?string $host, string $path): self
    {
        return new self($host, self::absolute($path));
    }

    /** The path, told apart from every other visit of it: what depends on the request shows. */
    public function markedWith(int $visit): string
    {
        return $this->path.(str_contains($this->path, '?') ? '&' : '?')."askr-paranoid={$visit}";
    }

    /** As people write it. */
    public function toString(): string
    {
        return ($this->host ?? '').$this->path;
    }

    private static function absolute(string $path): string
    {
        $path = preg_replace_callback('/[^\x21-\x7E]/', fn (array $match): string => rawurlencode($match[0]), $path) ?? '';

        return str_starts_with($path, '/') ? $path : "/{$path}";
    }
}
