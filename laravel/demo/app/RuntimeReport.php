<?php

declare(strict_types=1);

namespace App;

use Askr\Laravel\Contracts\Bridge;
use Illuminate\Contracts\Foundation\Application;

/**
 * Says what runs this application.
 *
 * It is a singleton on purpose: where the application stays booted its counter
 * grows, and where every request boots anew it never leaves one.
 */
class RuntimeReport
{
    private int $requests = 0;

    public function __construct(private Application $app, private Bridge $bridge)
    {
    }

    /** Count one more request of this process. */
    public function countRequest(): void
    {
        $this->requests++;
    }

    /**
     * The facts worth showing, label by label.
     *
     * @return array<string, string>
     */
    public function facts(): array
    {
        return [
            'Server' => $_SERVER['SERVER_SOFTWARE'] ?? 'unknown',
            'PHP' => PHP_VERSION,
            'SAPI' => PHP_SAPI,
            'opcache' => $this->opcache(),
            'Laravel' => $this->app->version(),
            'Worker' => $this->bridge->isAvailable() ? 'number '.$this->bridge->workerId() : 'none',
            'Process' => (string) getmypid(),
            'Requests served by this worker' => (string) $this->requests,
            'Memory in use, in KiB' => (string) intdiv(memory_get_usage(), 1024),
        ];
    }

    private function opcache(): string
    {
        $status = function_exists('opcache_get_status') ? opcache_get_status(false) : false;

        return match (true) {
            $status === false => 'off',
            default => sprintf('on, %d scripts', $status['opcache_statistics']['num_cached_scripts'] ?? 0),
        };
    }
}
