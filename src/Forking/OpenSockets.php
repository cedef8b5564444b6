<?php

declare(strict_types=1);

namespace Askr\Laravel\Forking;

/**
 * The connections to other servers that this process has open, as the kernel knows them.
 */
class OpenSockets
{
    private const ESTABLISHED = '01';

    /** A connected stream of the local machine, as MySQL and Redis take them. */
    private const UNIX_STREAM = '0001';

    private const UNIX_CONNECTED = '03';

    /** Standard input, output and errors may be sockets of whoever started the server. */
    private const FIRST_DESCRIPTOR = 3;

    public function __construct(private string $process = '/proc/self')
    {
    }

    /**
     * Whom each leads to.
     *
     * @return list<string>
     */
    public function peers(): array
    {
        $known = $this->tcp("{$this->process}/net/tcp") + $this->tcp("{$this->process}/net/tcp6") + $this->local();
        $open = [];
        $inherited = [];

        foreach (@scandir("{$this->process}/fd") ?: [] as $descriptor) {
            if (preg_match('/^socket:\[(\d+)\]$/', (string) @readlink("{$this->process}/fd/{$descriptor}"), $match) === 1) {
                (int) $descriptor < self::FIRST_DESCRIPTOR ? $inherited[$match[1]] = true : $open[$match[1]] = true;
            }
        }

        return array_values(array_intersect_key($known, array_diff_key($open, $inherited)));
    }

    /** @return array<array-key, string> By the number of the socket. */
    private function tcp(string $table): array
    {
        $peers = [];

        foreach (array_slice(@file($table) ?: [], 1) as $line) {
            $fields = preg_split('/\s+/', trim($line)) ?: [];

            if (($fields[3] ?? null) === self::ESTABLISHED) {
                $peers[$fields[9]] = $this->address($fields[2]);
            }
        }

        return $peers;
    }

    /** The address that the kernel writes as hexadecimal words in the byte order of the machine. */
    private function address(string $text): string
    {
        [$words, $port] = explode(':', $text);
        $bytes = pack('V*', ...array_map(hexdec(...), str_split($words, 8)));
        $host = (string) inet_ntop($bytes);

        return (strlen($bytes) === 16 ? "[{$host}]" : $host).':'.hexdec($port);
    }

    /** @return array<array-key, string> */
    private function local(): array
    {
        $peers = [];

        foreach (array_slice(@file("{$this->process}/net/unix") ?: [], 1) as $line) {
            $fields = preg_split('/\s+/', trim($line)) ?: [];

            if (($fields[4] ?? null) === self::UNIX_STREAM && ($fields[5] ?? null) === self::UNIX_CONNECTED) {
                $peers[$fields[6]] = 'a socket of this machine';
            }
        }

        return $peers;
    }
}
