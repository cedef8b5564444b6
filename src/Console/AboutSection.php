<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Contracts\SharedStore;
use Askr\Laravel\Exceptions\StoreUnavailable;
use Askr\Laravel\Octane\Installation;
use Askr\Laravel\Process\BinaryLocator;
use Askr\Laravel\Process\ServerStateFile;
use Composer\InstalledVersions;
use Illuminate\Contracts\Config\Repository;
use RuntimeException;

/**
 * What `php artisan about` says of the server.
 */
class AboutSection
{
    private const PACKAGE = 'askr/askr-laravel';

    public function __construct(
        private BinaryLocator $binary,
        private ServerStateFile $state,
        private SharedStore $store,
        private Repository $config,
    ) {
    }

    /**
     * Values by the names they are shown with.
     *
     * @return array<string, string>
     */
    public function lines(): array
    {
        return [
            'Version' => $this->version(),
            'Binary' => $this->binary(),
            'Server' => $this->server(),
            'Store' => $this->store(),
            'Octane events' => Installation::isPresent() ? 'dispatched' : 'laravel/octane is not installed',
        ];
    }

    private function version(): string
    {
        return InstalledVersions::isInstalled(self::PACKAGE)
            ? (string) InstalledVersions::getPrettyVersion(self::PACKAGE)
            : 'unknown';
    }

    private function binary(): string
    {
        try {
            return $this->binary->locate();
        } catch (RuntimeException) {
            return 'not found';
        }
    }

    private function server(): string
    {
        $state = $this->state->running();

        return match ($state?->urls) {
            null => 'not running',
            [] => 'starting',
            default => "running on {$state->place()}",
        };
    }

    private function store(): string
    {
        try {
            $parts = $this->store->statistics();
        } catch (StoreUnavailable) {
            $fallback = (string) $this->config->get('askr.store.fallback');

            return 'not reachable'.($fallback === '' ? '' : ", [{$fallback}] in its place");
        }

        $entries = array_map(fn (string $name, array $part): string => "{$name} {$part['entries']}", array_keys($parts), $parts);
        $bytes = fn (string $figure): string => number_format(array_sum(array_column($parts, $figure)) / (1 << 20), 1);

        return implode(', ', $entries)." entries in {$bytes('bytes')} of {$bytes('capacity')} MB";
    }
}
