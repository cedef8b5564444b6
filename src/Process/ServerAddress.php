<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Exceptions\UnusableAddress;

/**
 * An address and a port to listen on.
 */
final readonly class ServerAddress
{
    private const PORT_MAX = 65535;

    public function __construct(public string $host, public int $port)
    {
    }

    /**
     * The address that a host and a port from outside stand for.
     *
     * @throws UnusableAddress
     */
    public static function of(string $host, string $port): self
    {
        if (! ctype_digit($port) || (int) $port > self::PORT_MAX) {
            throw UnusableAddress::forPort($port);
        }

        $host = trim($host, '[]');
        $address = self::isAddress($host) ? $host : gethostbyname($host);

        return self::isAddress($address)
            ? new self($address, (int) $port)
            : throw UnusableAddress::forHost($host);
    }

    /** As the server wants it: `127.0.0.1:8000`, `[::1]:8000`. */
    public function toString(): string
    {
        return str_contains($this->host, ':')
            ? "[{$this->host}]:{$this->port}"
            : "{$this->host}:{$this->port}";
    }

    private static function isAddress(string $host): bool
    {
        return filter_var($host, FILTER_VALIDATE_IP) !== false;
    }
}
