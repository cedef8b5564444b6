<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Process\Announcement;
use PHPUnit\Framework\TestCase;

class AnnouncementTest extends TestCase
{
    public function test_the_address_is_heard_among_other_lines(): void
    {
        $address = (new Announcement)->hear("booting\naskr: serving http://127.0.0.1:40123\nmore\n");

        $this->assertSame('127.0.0.1:40123', $address?->toString());
    }

    public function test_a_line_that_comes_in_parts_is_heard_when_it_is_whole(): void
    {
        $announcement = new Announcement;

        $this->assertNull($announcement->hear('askr: serving http://127.0'));
        $this->assertNull($announcement->hear('.0.1:80'));
        $this->assertSame('127.0.0.1:8080', $announcement->hear("80\n")?->toString());
    }

    public function test_an_ipv6_address_is_heard(): void
    {
        $this->assertSame('[::1]:8000', (new Announcement)->hear("askr: serving http://[::1]:8000\n")?->toString());
    }

    public function test_other_lines_say_nothing(): void
    {
        $announcement = new Announcement;

        $this->assertNull($announcement->hear("INFO observing http requests\n"));
        $this->assertNull($announcement->hear(str_repeat('x', 100_000)));
        $this->assertNull($announcement->hear("\n"));
    }
}
