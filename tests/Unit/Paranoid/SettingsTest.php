<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Settings;
use PHPUnit\Framework\Attributes\TestWith;
use PHPUnit\Framework\TestCase;

class SettingsTest extends TestCase
{
    protected function tearDown(): void
    {
        array_map(putenv(...), ['ASKR_PARANOID', 'ASKR_PARANOID_VENDOR', 'ASKR_PARANOID_IGNORE']);
    }

    #[TestWith(['off'])]
    #[TestWith([''])]
    #[TestWith(['0'])]
    public function test_nothing_is_watched_when_the_server_says_so(string $share): void
    {
        putenv("ASKR_PARANOID={$share}");

        $this->assertNull(Settings::fromEnvironment());
    }

    #[TestWith(['on', 1])]
    #[TestWith(['1', 1])]
    #[TestWith(['0.5', 2])]
    #[TestWith(['0.01', 100])]
    #[TestWith(['0.000001', 1_000_000])]
    public function test_a_share_is_an_interval(string $share, int $interval): void
    {
        putenv("ASKR_PARANOID={$share}");
        putenv('ASKR_PARANOID_VENDOR=livewire/*,spatie/once');

        $settings = Settings::fromEnvironment();

        $this->assertSame($interval, $settings?->interval);
        $this->assertSame(['livewire/*', 'spatie/once'], $settings->vendor);
        $this->assertSame([], $settings->ignore);
    }

    public function test_looks_come_in_pairs_once_per_interval(): void
    {
        $due = fn (int $interval): array => array_values(array_filter(range(1, 12), (new Settings($interval))->isDue(...)));

        $this->assertSame(range(1, 12), $due(1));
        $this->assertSame([2, 4, 6, 8, 10, 12], $due(2));
        $this->assertSame([1, 5, 6, 10, 11], $due(5));
    }
}
