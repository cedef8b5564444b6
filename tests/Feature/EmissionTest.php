<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature;

use PHPUnit\Framework\TestCase;
use Symfony\Component\Process\Process;

/**
 * What a client receives, over PHP's built-in server.
 */
class EmissionTest extends TestCase
{
    private static ?Process $server = null;

    private static string $address = '';

    public static function setUpBeforeClass(): void
    {
        parent::setUpBeforeClass();

        self::$address = self::freeAddress();
        self::$server = new Process([
            PHP_BINARY, '-d', 'output_buffering=0', '-d', 'log_errors=1', '-d', 'display_errors=1',
            '-S', self::$address, dirname(__DIR__).'/fixtures/laravel/router.php',
        ], timeout: 60);
        self::$server->start();
        self::$server->waitUntil(fn (string $type, string $text): bool => str_contains($text, 'started'));
    }

    public static function tearDownAfterClass(): void
    {
        self::$server?->stop();

        parent::tearDownAfterClass();
    }

    public function test_status_headers_and_body_arrive(): void
    {
        [$status, $headers, $body] = $this->get('/json?a=1');

        $this->assertSame(201, $status);
        $this->assertSame(['application/json'], $headers['content-type']);
        $this->assertSame(['/elsewhere'], $headers['location']);
        $this->assertSame(['Accept', 'Cookie'], $headers['vary']);
        $this->assertSame('{"a":"1"}', $body);
    }

    public function test_several_cookies_arrive(): void
    {
        [, $headers] = $this->get('/cookies');

        $this->assertCount(2, $headers['set-cookie']);
        $this->assertStringStartsWith('one=1; path=/', $headers['set-cookie'][0]);
        $this->assertStringStartsWith('two=a%20b; path=/deep', $headers['set-cookie'][1]);
    }

    public function test_the_status_is_the_responses_where_php_would_choose_another(): void
    {
        $this->assertSame(202, $this->get('/accepted')[0]);
        $this->assertSame(403, $this->get('/login')[0]);
    }

    public function test_a_file_arrives_whole(): void
    {
        $file = dirname(__DIR__, 2).'/laravel/demo/resources/downloads/ash-leaf.png';

        [, $headers, $body] = $this->get('/file');

        $this->assertSame([(string) filesize($file)], $headers['content-length']);
        $this->assertStringEqualsFile($file, $body);
    }

    public function test_a_part_of_a_file_arrives(): void
    {
        [$status, $headers, $body] = $this->get('/file', ['Range: bytes=1-3']);

        $this->assertSame(206, $status);
        $this->assertSame('PNG', $body);
        $this->assertStringStartsWith('bytes 1-3/', $headers['content-range'][0]);
    }

    public function test_what_a_callback_prints_arrives(): void
    {
        $this->assertSame(implode("\n", range(1, 1000))."\n", $this->get('/callback')[2]);
    }

    public function test_what_a_generator_gives_arrives(): void
    {
        $this->assertSame('first second', $this->get('/generator')[2]);
    }

    public function test_what_was_printed_arrives_ahead_of_the_response_and_costs_it_no_header(): void
    {
        [, $headers, $body] = $this->get('/printed');

        $this->assertSame('printed before; answered', $body);
        $this->assertSame(['printing'], $headers['x-after']);
        $this->assertArrayNotHasKey('content-length', $headers);
    }

    public function test_a_buffer_that_nobody_closed_is_closed(): void
    {
        $this->assertSame('a buffer that nobody closed; answered', $this->get('/nested')[2]);
    }

    public function test_a_response_goes_through_the_buffers_that_are_open(): void
    {
        [, $headers, $body] = $this->get('/transformed');

        $this->assertSame('PRINTED; ANSWERED', $body);
        $this->assertArrayNotHasKey('content-length', $headers);
    }

    public function test_what_was_printed_before_exit_arrives(): void
    {
        [$status, , $body] = $this->get('/exit');

        $this->assertSame(418, $status);
        $this->assertSame('printed, then over', $body);
    }

    public function test_an_exception_out_of_the_kernel_is_a_500_without_the_half_page(): void
    {
        [$status, $headers, $body] = $this->get('/escape');

        $this->assertSame(500, $status);
        $this->assertSame("Internal Server Error\n", $body);
        $this->assertArrayNotHasKey('x-half', $headers);
        $this->assertMatchesRegularExpression(
            '/LogicException: out of the kernel in \S+router\.php:\d+/',
            self::$server?->getErrorOutput() ?? '',
        );
    }

    public function test_a_body_that_fails_before_its_first_byte_is_the_page_of_the_application(): void
    {
        [$status, $headers, $body] = $this->get('/broken');

        $this->assertSame(500, $status);
        $this->assertSame('the page of the application', $body);
        $this->assertArrayNotHasKey('content-length', $headers);
        $this->assertStringStartsWith('text/html', $headers['content-type'][0]);
        $this->assertCount(1, $headers['set-cookie']);
    }

    public function test_an_upload_arrives_with_its_fields(): void
    {
        $body = "--b\r\nContent-Disposition: form-data; name=\"a[b]\"\r\n\r\nfield\r\n"
            ."--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"leaf.txt\"\r\n\r\nash\r\n--b--\r\n";

        $answer = $this->send('POST', '/upload', $body, ['Content-Type: multipart/form-data; boundary=b']);

        $this->assertSame(
            ['name' => 'leaf.txt', 'valid' => true, 'text' => 'ash', 'field' => 'field'],
            json_decode($answer[2], true),
        );
    }

    public function test_bodies_arrive_whatever_the_method(): void
    {
        $form = ['Content-Type: application/x-www-form-urlencoded'];
        $json = ['Content-Type: application/json'];

        $all = fn (array $answer): array => json_decode($answer[2], true)['all'];

        $this->assertSame(['a' => ['b' => ['c' => '1']]], $all($this->send('POST', '/body', 'a[b][c]=1', $form)));
        $this->assertSame(['a' => ['1', '2']], $all($this->send('PUT', '/body', 'a[]=1&a[]=2', $form)));
        $this->assertSame(['a' => 1], $all($this->send('PATCH', '/body', '{"a":1}', $json)));
        $this->assertSame('{"a":1}', json_decode($this->send('POST', '/body', '{"a":1}', $json)[2], true)['raw']);
    }

    /**
     * @param  list<string>  $headers
     * @return array{int, array<string, list<string>>, string}
     */
    private function get(string $path, array $headers = []): array
    {
        return $this->send('GET', $path, '', $headers);
    }

    /**
     * @param  list<string>  $headers
     * @return array{int, array<string, list<string>>, string} Status, headers by lower-case name, body.
     */
    private function send(string $method, string $path, string $content, array $headers = []): array
    {
        $body = (string) file_get_contents('http://'.self::$address.$path, context: stream_context_create(['http' => [
            'method' => $method,
            'header' => $headers,
            'content' => $content,
            'ignore_errors' => true,
            'follow_location' => 0,
            'timeout' => 10,
        ]]));

        $lines = function_exists('http_get_last_response_headers')
            ? (array) http_get_last_response_headers()
            : $http_response_header;
        $status = (int) explode(' ', array_shift($lines))[1];
        $fields = [];

        foreach ($lines as $line) {
            [$name, $value] = explode(': ', $line, 2);
            $fields[strtolower($name)][] = $value;
        }

        return [$status, $fields, $body];
    }

    private static function freeAddress(): string
    {
        $socket = stream_socket_server('tcp://127.0.0.1:0');
        $address = (string) stream_socket_get_name($socket, false);
        fclose($socket);

        return $address;
    }
}
