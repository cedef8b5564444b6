<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Worker;

use Askr\Laravel\Worker\RequestMarshaller;
use Illuminate\Http\Request;
use PHPUnit\Framework\Attributes\DataProvider;
use PHPUnit\Framework\TestCase;

class RequestMarshallerTest extends TestCase
{
    /** @var array<string, array<mixed>> */
    private array $globals;

    protected function setUp(): void
    {
        parent::setUp();

        $this->globals = [$_GET, $_POST, $_COOKIE, $_FILES, $_SERVER];
    }

    protected function tearDown(): void
    {
        [$_GET, $_POST, $_COOKIE, $_FILES, $_SERVER] = $this->globals;

        parent::tearDown();
    }

    /** @param  array<string, mixed>  $globals */
    #[DataProvider('requests')]
    public function test_it_makes_the_request_that_laravel_would_have_made(array $globals): void
    {
        $this->set($globals);

        $ours = (new RequestMarshaller)->fromGlobals();
        $theirs = Request::capture();

        foreach ([$ours, $theirs] as $request) {
            $described[] = [
                $request->method(), $request->fullUrl(), $request->all(), $request->query(), $request->post(),
                $request->cookies->all(), $request->headers->all(), $request->server->all(), array_keys($request->allFiles()),
            ];
        }

        $this->assertSame($described[1], $described[0]);
    }

    /** @return array<string, array{array<string, mixed>}> */
    public static function requests(): array
    {
        $form = ['CONTENT_TYPE' => 'application/x-www-form-urlencoded'];
        $missing = ['name' => '', 'type' => '', 'tmp_name' => '', 'error' => UPLOAD_ERR_NO_FILE, 'size' => 0];

        return [
            'a plain one' => [['get' => ['a' => '1', 'b' => ['c' => '2']], 'cookie' => ['d' => '3']]],
            'a form' => [['method' => 'POST', 'post' => ['a' => '1', 'b' => ['2']], 'server' => $form]],
            'a form that means PUT' => [['method' => 'POST', 'post' => ['_method' => 'PUT', 'a' => '1'], 'server' => $form]],
            'PUT' => [['method' => 'PUT', 'server' => $form]],
            'DELETE' => [['method' => 'DELETE']],
            'HEAD' => [['method' => 'HEAD']],
            'JSON' => [['method' => 'POST', 'server' => ['CONTENT_TYPE' => 'application/vnd.api+json']]],
            'a missing file' => [['method' => 'POST', 'files' => ['file' => $missing]]],
            'another host' => [['server' => ['HTTP_HOST' => 'two.test:8080', 'HTTPS' => 'on', 'SERVER_PORT' => '8080']]],
            'a login' => [['server' => ['PHP_AUTH_USER' => 'me', 'PHP_AUTH_PW' => 'secret']]],
            'nothing at all' => [['method' => null]],
        ];
    }

    public function test_a_form_can_ask_for_another_method(): void
    {
        $this->set(['method' => 'POST', 'post' => ['_method' => 'DELETE'], 'server' => ['CONTENT_TYPE' => 'application/x-www-form-urlencoded']]);

        $this->assertSame('DELETE', (new RequestMarshaller)->fromGlobals()->method());
    }

    /** @param  array<string, mixed>  $globals */
    private function set(array $globals): void
    {
        $_GET = $globals['get'] ?? [];
        $_POST = $globals['post'] ?? [];
        $_COOKIE = $globals['cookie'] ?? [];
        $_FILES = $globals['files'] ?? [];
        $_SERVER = array_filter([
            'REQUEST_METHOD' => array_key_exists('method', $globals) ? $globals['method'] : 'GET',
            'REQUEST_URI' => '/path?'.http_build_query($_GET),
            'QUERY_STRING' => http_build_query($_GET),
            'SCRIPT_NAME' => '/index.php',
            'HTTP_HOST' => 'one.test',
            ...$globals['server'] ?? [],
        ], fn (mixed $value): bool => $value !== null);
    }
}
