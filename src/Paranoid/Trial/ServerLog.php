<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Trial;

use Askr\Laravel\Paranoid\Report;
use Askr\Laravel\Process\Announcement;
use Closure;

/**
 * Listens to what a server logs as JSON: where it serves, and what its watch reports.
 */
final class ServerLog
{
    private const COMPLAINTS_MAX = 5;

    private Announcement $announcement;

    private ?string $url = null;

    private string $unfinished = '';

    /** @var array<string, true> What else was logged as an error, or is no JSON at all; each once. */
    private array $complaints = [];

    /** @param  Closure(string): void  $report  Given each entry of the watch. */
    public function __construct(private Closure $report)
    {
        $this->announcement = new Announcement;
    }

    /** Take the next part of what the server prints. */
    public function hear(string $text): void
    {
        $this->url ??= $this->announcement->hear($text)[0] ?? null;
        $lines = explode("\n", $this->unfinished.$text);
        $this->unfinished = array_pop($lines);

        foreach ($lines as $line) {
            $this->hearLine($line);
        }
    }

    /** Where the server serves, or null as long as it does not. */
    public function url(): ?string
    {
        return $this->url;
    }

    /** The last things the server had to complain of. */
    public function complaints(): string
    {
        return implode("\n", array_keys($this->complaints));
    }

    private function hearLine(string $line): void
    {
        $event = json_decode($line, true);
        $message = is_array($event) ? (string) ($event['message'] ?? '') : $line;

        if (Report::isOne($message)) {
            ($this->report)($message);
        } elseif ($line !== '' && (! is_array($event) || in_array($event['level'] ?? '', ['ERROR', 'WARN'], true))) {
            // Without the stack trace: where it happened is in the first line.
            $this->complaints[explode("\n", $message, 2)[0]] = true;
            $this->complaints = array_slice($this->complaints, -self::COMPLAINTS_MAX);
        }
    }
}
