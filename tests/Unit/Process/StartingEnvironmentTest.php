<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Process\StartingEnvironment;
use PHPUnit\Framework\TestCase;

class StartingEnvironmentTest extends TestCase
{
    protected function tearDown(): void
    {
        putenv('ASKR_TEST_ADDED');

        parent::tearDown();
    }

    public function test_only_what_was_added_since_the_start_is_taken_away(): void
    {
        $path = (string) tempnam(sys_get_temp_dir(), 'askr');
        file_put_contents($path, implode("\0", array_map(fn ($name): string => "{$name}=x", array_keys(getenv() + $_ENV)))."\0");
        putenv('ASKR_TEST_ADDED=1');

        $additions = (new StartingEnvironment($path))->additions();
        unlink($path);

        $this->assertSame(['ASKR_TEST_ADDED' => false], $additions);
    }

    public function test_nothing_is_taken_away_when_the_start_is_not_known(): void
    {
        $this->assertSame([], (new StartingEnvironment('/nowhere'))->additions());
    }
}
