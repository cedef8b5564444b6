<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

/**
 * Listens to what the server prints for the lines that say where it serves.
 */
class Announcement
{
    /** Longer than such a line can be; more of an unfinished line is not kept. */
    private const LINE_BYTES_MAX = 1024;

    /** The whole line among text, the message of an event among JSON: what clients send is neither. */
    private const SERVING = '~^(?:|\{.*"message":")askr: serving (https?://[^\s"/]+|unix:/[^\n"]*)~m';

    private string $unfinished = '';

    /**
     * The URLs in the lines that this part of the output completes: `https://127.0.0.1:8443`,
     * `unix:/run/shop.sock`.
     *
     * @return list<string>
     */
    public function hear(string $text): array
    {
        $text = $this->unfinished.$text;
        $end = strrpos($text, "\n");
        $this->unfinished = substr($text, $end === false ? 0 : $end + 1, self::LINE_BYTES_MAX);

        preg_match_all(self::SERVING, $end === false ? '' : substr($text, 0, $end), $matches);

        return $matches[1];
    }
}
