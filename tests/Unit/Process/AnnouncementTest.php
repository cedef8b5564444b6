<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Process;

use Askr\Laravel\Process\Announcement;
use PHPUnit\Framework\TestCase;

class AnnouncementTest extends TestCase
{
    public function test_urls_are_heard_among_other_lines(): void
    {
        $text = "booting\naskr: serving https://127.0.0.1:40123\nmore\naskr: serving unix:/run/a b.sock\n";

        $this->assertSame(['https://127.0.0.1:40123', 'unix:/run/a b.sock'], (new Announcement)->hear($text));
    }

    public function test_a_line_that_comes_in_parts_is_heard_when_it_is_whole(): void
    {
        $announcement = new Announcement;

        $this->assertSame([], $announcement->hear('askr: serving http://127.0'));
        $this->assertSame([], $announcement->hear('.0.1:80'));
        $this->assertSame(['http://127.0.0.1:8080'], $announcement->hear("80\n"));
        $this->assertSame([], $announcement->hear("and on\n"));
    }

    public function test_an_ipv6_address_is_heard(): void
    {
        $this->assertSame(['http://[::1]:8000'], (new Announcement)->hear("askr: serving http://[::1]:8000\n"));
    }

    public function test_an_event_among_json_is_heard(): void
    {
        $line = '{"timestamp":"2026-11-22T14:00:00Z","level":"INFO","message":"askr: serving https://127.0.0.1:8443","target":"serving"}';

        $this->assertSame(['https://127.0.0.1:8443'], (new Announcement)->hear("{$line}\n"));
    }

    public function test_other_lines_say_nothing(): void
    {
        $announcement = new Announcement;

        foreach ([
            "INFO observing http requests\n",
            "127.0.0.1 \"GET /\" \"askr: serving http://evil.example\"\n",
            '{"message":"request","user_agent":"\"message\":\"askr: serving http://evil.example"}'."\n",
            str_repeat('x', 100_000),
            "\n",
        ] as $text) {
            $this->assertSame([], $announcement->hear($text));
        }
    }
}
