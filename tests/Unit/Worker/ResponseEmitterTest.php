<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Worker;

use Askr\Laravel\Testing\Fakes\FakeBridge;
use Askr\Laravel\Worker\ResponseEmitter;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\StreamedResponse;

class ResponseEmitterTest extends TestCase
{
    public function test_each_piece_of_an_event_stream_gives_it_more_time(): void
    {
        $this->expectOutputString('data: 1data: 2');

        $bridge = $this->emit('text/event-stream; charset=utf-8');

        $this->assertContains('extendDeadline 300', $bridge->calls);
        $this->assertGreaterThanOrEqual(2, count($bridge->calls));
    }

    public function test_another_stream_has_the_time_of_its_request(): void
    {
        $this->expectOutputString('data: 1data: 2');

        $this->assertSame([], $this->emit('text/csv')->calls);
    }

    private function emit(string $type): FakeBridge
    {
        $bridge = new FakeBridge;
        $response = new StreamedResponse(function (): void {
            foreach ([1, 2] as $number) {
                echo "data: {$number}";
                ob_flush();
            }
        }, 200, ['Content-Type' => $type]);

        (new ResponseEmitter($bridge))->emit($response);

        return $bridge;
    }
}
