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
            'askr_cache_get' => '(string $key, string $space = \'cache\'): string|int|float|null',
            'askr_cache_set' => '(string $key, string|int|float $value, int $ttlMs = 0, array $tags = [], string $space = \'cache\'): bool',
            'askr_cache_add' => '(string $key, string|int|float $value, int $ttlMs = 0, array $tags = [], string $space = \'cache\'): bool',
            'askr_cache_delete' => '(string $key, string $space = \'cache\'): bool',
            'askr_cache_take' => '(string $key, string $space = \'cache\'): string|int|float|null',
            'askr_cache_replace' => '(string $key, string|int|float $expected, string|int|float $value, ?int $ttlMs = null, string $space = \'cache\'): bool',
            'askr_cache_delete_if' => '(string $key, string|int|float $expected, string $space = \'cache\'): bool',
            'askr_cache_increment' => '(string $key, int|float $by = 1, int $ttlMs = 0, string $space = \'cache\'): int|float',
            'askr_cache_decrement' => '(string $key, int|float $by = 1, int $ttlMs = 0, string $space = \'cache\'): int|float',
            'askr_cache_touch' => '(string $key, int $ttlMs, string $space = \'cache\'): bool',
            'askr_cache_ttl' => '(string $key, string $space = \'cache\'): ?int',
            'askr_cache_many' => '(array $keys, string $space = \'cache\'): array',
            'askr_cache_set_many' => '(array $values, int $ttlMs = 0, array $tags = [], string $space = \'cache\'): bool',
            'askr_cache_flush' => '(string $space = \'cache\'): bool',
            'askr_cache_forget_tag' => '(string $tag): bool',
            'askr_store_statistics' => '(): array',
            'askr_lock_acquire' => '(string $key, string $owner, int $ttlMs = 0, int $waitMs = 0, bool $untilDeath = false): bool',
            'askr_lock_release' => '(string $key, string $owner): bool',
            'askr_lock_refresh' => '(string $key, string $owner, int $ttlMs): bool',
            'askr_lock_owner' => '(string $key): ?string',
            'askr_lock_force_release' => '(string $key): bool',
            'askr_lock_flush' => '(): bool',
        ];
    }
}
