<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Suspects;
use Illuminate\Http\Request;
use PHPUnit\Framework\TestCase;

class SuspectsTest extends TestCase
{
    public function test_one_request_is_named_with_the_id_that_the_log_has(): void
    {
        $this->assertSame('by GET /a', $this->named($this->request('/a')));
        $this->assertSame('by POST /a (request 00ff)', $this->named($this->request('/a', 'POST', '00ff')));
    }

    public function test_several_are_named_by_their_routes_as_far_as_there_is_room(): void
    {
        $this->assertSame('by GET /a', $this->named($this->request('/a', id: '1'), $this->request('/a', id: '2')));
        $this->assertSame('by one of GET /a, GET /b (3 requests)', $this->named(...array_map($this->request(...), ['/a', '/b', '/a'])));
        $this->assertSame(
            'by one of GET /0, GET /1, GET /2, GET /3, GET /4, … (100 requests)',
            $this->named(...array_map(fn (int $number): Request => $this->request("/{$number}"), range(0, 99))),
        );
    }

    public function test_a_path_stays_on_its_line_and_within_bounds(): void
    {
        $named = $this->named($this->request('/'.rawurlencode("x\r\n[askr paranoid]").str_repeat('y', 500)));

        $this->assertStringStartsWith('by GET /x', $named);
        $this->assertDoesNotMatchRegularExpression('/[\x00-\x1F]/', $named);
        $this->assertLessThan(120, strlen($named));
    }

    private function named(Request ...$requests): string
    {
        $suspects = new Suspects;
        array_map($suspects->add(...), $requests);

        return $suspects->toString();
    }

    private function request(string $path, string $method = 'GET', ?string $id = null): Request
    {
        return Request::create($path, $method, server: array_filter(['REQUEST_ID' => $id]));
    }
}
