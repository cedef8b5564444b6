<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Paranoid;

use Askr\Laravel\Paranoid\Trial\Target;
use PHPUnit\Framework\Attributes\TestWith;
use PHPUnit\Framework\TestCase;

class TargetTest extends TestCase
{
    #[TestWith(['/orders', null, '/orders?askr-paranoid=7'])]
    #[TestWith(['orders?page=2', null, '/orders?page=2&askr-paranoid=7'])]
    #[TestWith(['https://shop.test/orders#top', 'shop.test', '/orders?askr-paranoid=7'])]
    #[TestWith(['http://shop.test:8080?x=1', 'shop.test:8080', '/?x=1&askr-paranoid=7'])]
    #[TestWith(["/a b\r\nX: y", null, '/a%20b%0D%0AX:%20y?askr-paranoid=7'])]
    #[TestWith(['', null, '/?askr-paranoid=7'])]
    public function test_a_url_is_taken_apart_and_marked(string $url, ?string $host, string $marked): void
    {
        $target = Target::of($url);

        $this->assertSame($host, $target->host);
        $this->assertSame($marked, $target->markedWith(7));
    }
}
