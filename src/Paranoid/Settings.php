<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

/**
 * What is watched, and how often.
 */
final readonly class Settings
{
    /**
     * @param  int  $interval  Every so many requests one is inspected.
     * @param  list<string>  $vendor  Composer packages that are watched beside the application.
     * @param  list<string>  $ignore  Names, with wildcards, that are not reported.
     */
    public function __construct(
        public int $interval = 1,
        public array $vendor = [],
        public array $ignore = [],
    ) {
    }

    /** What the server says in the environment, or null when nothing is to be watched. */
    public static function fromEnvironment(): ?self
    {
        $share = getenv('ASKR_PARANOID') ?: 'off';
        $share = match ($share) {
            'off' => 0.0,
            'on' => 1.0,
            default => min(1.0, (float) $share),
        };

        return $share > 0.0
            ? new self((int) round(1 / $share), self::names('ASKR_PARANOID_VENDOR'), self::names('ASKR_PARANOID_IGNORE'))
            : null;
    }

    /**
     * Whether the state after so many requests is looked at.
     *
     * Two looks in a row are what shows which request did it; they come round once per interval.
     */
    public function isDue(int $requestsEnded): bool
    {
        return $this->interval < 3 ? $requestsEnded % $this->interval === 0 : $requestsEnded % $this->interval < 2;
    }

    /** @return list<string> */
    private static function names(string $variable): array
    {
        return array_values(array_filter(explode(',', getenv($variable) ?: '')));
    }
}
