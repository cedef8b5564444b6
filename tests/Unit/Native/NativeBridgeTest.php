<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Native;

use Askr\Laravel\Exceptions\BridgeUnavailable;
use Askr\Laravel\Native\NativeBridge;
use Closure;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

class NativeBridgeTest extends TestCase
{
    public function test_it_is_not_available_without_the_server(): void
    {
        $this->assertFalse((new NativeBridge)->isAvailable());
    }

    /** @param  Closure(NativeBridge): mixed  $call */
    #[DataProvider('calls')]
    public function test_a_missing_function_is_an_exception_that_names_it(string $function, Closure $call): void
    {
        $this->expectException(BridgeUnavailable::class);
        $this->expectExceptionMessageMatches("/^{$function}\\(\\) does not exist: .*php artisan askr:start/");

        $call(new NativeBridge);
    }

    /** @return array<string, array{string, Closure}> */
    public static function calls(): array
    {
        return [
            'handle request' => ['askr_handle_request', fn (NativeBridge $bridge) => $bridge->handleRequest(fn () => null)],
            'cow ready' => ['askr_cow_ready', fn (NativeBridge $bridge) => $bridge->cowReady()],
            'finish request' => ['askr_finish_request', fn (NativeBridge $bridge) => $bridge->finishRequest()],
            'worker id' => ['askr_worker_id', fn (NativeBridge $bridge) => $bridge->workerId()],
            'extend deadline' => ['askr_extend_deadline', fn (NativeBridge $bridge) => $bridge->extendDeadline(1)],
            'recycle' => ['askr_recycle', fn (NativeBridge $bridge) => $bridge->recycle()],
        ];
    }
}
