<?php

declare(strict_types=1);

namespace Askr\Laravel\Native;

/**
 * The native functions this package knows, with the signatures the stub gives them.
 */
class FunctionTable
{
    /**
     * Signature by function name.
     *
     * @return array<string, string>
     */
    public static function signatures(): array
    {
        return [
            'askr_handle_request' => '(callable $handler): bool',
            'frankenphp_handle_request' => '(callable $callback): bool',
            'askr_cow_ready' => '(?callable $beforeFork = null, ?callable $afterFork = null): void',
            'askr_defer' => '(callable $callback): void',
            'askr_finish_request' => '(): bool',
            'fastcgi_finish_request' => '(): bool',
            'frankenphp_finish_request' => '(): bool',
            'frankenphp_request_headers' => '(): array',
            'headers_send' => '(int $status = 200): int',
            'askr_worker_id' => '(): int',
            'askr_extend_deadline' => '(int|float $seconds): void',
            'askr_recycle' => '(): void',
        ];
    }
}
