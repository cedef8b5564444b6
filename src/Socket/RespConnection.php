<?php

declare(strict_types=1);

namespace Askr\Laravel\Socket;

use Askr\Laravel\Exceptions\StoreRefused;
use Askr\Laravel\Exceptions\StoreUnavailable;

/**
 * One connection to the store's socket, opened by the first command and again after the server has closed it.
 *
 * A command is never sent twice: of one that has no reply nobody knows whether it was done.
 */
class RespConnection
{
    private const CONNECT_SECONDS = 2.0;

    /** The server itself lets large commands wait for one another for 5 s. */
    private const REPLY_SECONDS = 15.0;

    private ?RespStream $stream = null;

    private int $database = 0;

    private int $processId = 0;

    public function __construct(private StoreSocket $socket)
    {
    }

    /**
     * Have a command done in a database, and give its reply.
     *
     * @param  float  $waitSeconds  How long the command itself may take.
     * @return string|int|list<mixed>|null
     *
     * @throws StoreRefused|StoreUnavailable
     */
    public function call(int $database, array $command, float $waitSeconds = 0): string|int|array|null
    {
        $stream = $this->open();
        $stream->expectWithin(self::REPLY_SECONDS + $waitSeconds);

        // Whatever interrupts this, an exception of a signal, leaves a connection that nobody uses.
        $this->stream = null;
        $isElsewhere = $database !== $this->database;
        $sent = $stream->write(($isElsewhere ? $this->encode(['SELECT', (string) $database]) : '').$this->encode($command));
        $selected = $sent && $isElsewhere ? $this->reply($stream, 'SELECT') : null;
        $reply = $sent ? $this->reply($stream, $command[0]) : throw StoreUnavailable::afterAsking($command[0]);

        $this->database = $database;
        $this->stream = $stream;

        return match (true) {
            $selected instanceof StoreRefused => throw $selected,
            $reply instanceof StoreRefused => throw $reply,
            default => $reply,
        };
    }

    /** @throws StoreUnavailable */
    private function open(): RespStream
    {
        // Two processes that have forked must not talk through one connection.
        if ($this->stream !== null && $this->processId === getmypid() && $this->stream->isQuiet()) {
            return $this->stream;
        }

        $this->stream = null;
        $this->database = 0;
        $this->processId = (int) getmypid();

        $places = $this->socket->places();

        return $this->firstOf($places)
            ?? $this->firstOf(array_filter([$this->socket->ask()]))
            ?? throw StoreUnavailable::at($places);
    }

    /** @param  array<array-key, string>  $places */
    private function firstOf(array $places): ?RespStream
    {
        foreach ($places as $path) {
            $stream = $this->socket->isTrusted($path) ? RespStream::connect($path, self::CONNECT_SECONDS) : null;

            if ($stream !== null) {
                return $stream;
            }
        }

        return null;
    }

    /** @param  list<string>  $command */
    private function encode(array $command): string
    {
        $text = '*'.count($command)."\r\n";

        foreach ($command as $argument) {
            $text .= '$'.strlen($argument)."\r\n{$argument}\r\n";
        }

        return $text;
    }

    /**
     * @return string|int|list<mixed>|StoreRefused|null
     *
     * @throws StoreUnavailable
     */
    private function reply(RespStream $stream, string $command): string|int|array|StoreRefused|null
    {
        $line = $stream->line() ?? throw StoreUnavailable::afterAsking($command);
        $rest = substr($line, 1);

        return match ($line[0] ?? '') {
            '+' => $rest,
            '-' => StoreRefused::because($rest),
            ':' => (int) $rest,
            '$' => (int) $rest < 0 ? null : $stream->bytes((int) $rest) ?? throw StoreUnavailable::afterAsking($command),
            '*' => (int) $rest < 0 ? null : $this->replies($stream, $command, (int) $rest),
            default => throw StoreUnavailable::afterAsking($command),
        };
    }

    /** @return list<mixed> */
    private function replies(RespStream $stream, string $command, int $count): array
    {
        $replies = [];

        for ($index = 0; $index < $count; $index++) {
            $replies[] = $this->reply($stream, $command);
        }

        return $replies;
    }
}
