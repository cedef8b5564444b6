<?php

declare(strict_types=1);

namespace Askr\Laravel\Console;

use Askr\Laravel\Octane\Installation;
use Askr\Laravel\Process\BinaryLocator;
use Askr\Laravel\Process\ServerStateFile;
use Composer\InstalledVersions;
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

        return $state === null ? 'not running' : "running on {$state->address()->toUrl()}";
    }
}
