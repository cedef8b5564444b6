<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

/**
 * Listens to what the server prints for the line that says where it serves.
 */
class Announcement
{
    /** Longer than that line can be; more of an unfinished line is not kept. */
    private const LINE_BYTES_MAX = 1024;

    private string $unfinished = '';

    /** The address, if this part of the output completes the line that names it. */
    public function hear(string $text): ?ServerAddress
    {
        $text = $this->unfinished.$text;
        $end = strrpos($text, "\n");
        $this->unfinished = substr($text, $end === false ? 0 : $end + 1, self::LINE_BYTES_MAX);

        $lines = $end === false ? '' : substr($text, 0, $end);

        return preg_match('~\bserving https?://(\[[^\]\s]+\]|[^\s:/\[]+):(\d+)~', $lines, $match) === 1
            ? new ServerAddress(trim($match[1], '[]'), (int) $match[2])
            : null;
    }
}
