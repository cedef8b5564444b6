<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Unit\Worker;

use Askr\Laravel\Worker\Sendfile;
use Illuminate\Filesystem\FilesystemAdapter;
use Illuminate\Http\Request;
use League\Flysystem\Filesystem;
use League\Flysystem\Local\LocalFilesystemAdapter;
use PHPUnit\Framework\TestCase;
use Symfony\Component\HttpFoundation\BinaryFileResponse;
use Symfony\Component\HttpFoundation\Cookie;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\StreamedResponse;

class SendfileTest extends TestCase
{
    private string $folder;

    protected function setUp(): void
    {
        parent::setUp();

        $this->folder = realpath(sys_get_temp_dir()).'/askr-sendfile-'.getmypid();
        mkdir("{$this->folder}/app", recursive: true);
        file_put_contents("{$this->folder}/app/a.txt", 'a file');
        file_put_contents("{$this->folder}/b.txt", 'outside');
    }

    protected function tearDown(): void
    {
        array_map('unlink', array_filter([
            "{$this->folder}/app/a.txt", "{$this->folder}/app/link", "{$this->folder}/b.txt",
        ], fn (string $path): bool => is_link($path) || is_file($path)));
        rmdir("{$this->folder}/app");
        rmdir($this->folder);

        parent::tearDown();
    }

    public function test_a_file_is_named_instead_of_sent(): void
    {
        $response = new BinaryFileResponse("{$this->folder}/app/a.txt", headers: ['X-Own' => '1']);
        $response->headers->setCookie(Cookie::create('one', '1'));

        $instead = $this->instead($response);

        $this->assertSame("{$this->folder}/app/a.txt", $instead->headers->get('X-Sendfile'));
        $this->assertSame('1', $instead->headers->get('X-Own'));
        $this->assertSame($response->headers->get('Last-Modified'), $instead->headers->get('Last-Modified'));
        $this->assertCount(1, $instead->headers->getCookies());
        $this->assertFalse($instead->headers->has('Content-Length'));
        $this->assertSame('', $instead->getContent());
        $this->assertFalse($response->headers->has('X-Sendfile'), 'what the application has is left as it is');
    }

    public function test_a_part_of_a_file_is_left_to_the_server(): void
    {
        $response = new BinaryFileResponse("{$this->folder}/app/a.txt");
        $response->prepare(Request::create('/', server: ['HTTP_RANGE' => 'bytes=1-2']));
        $this->assertSame(206, $response->getStatusCode());

        $instead = $this->instead($response);

        $this->assertSame(200, $instead->getStatusCode());
        $this->assertFalse($instead->headers->has('Content-Range'));
    }

    public function test_a_file_of_a_disk_is_named_instead_of_streamed(): void
    {
        $instead = $this->instead($this->disk()->download('a.txt', 'name.txt'));

        $this->assertSame("{$this->folder}/app/a.txt", $instead->headers->get('X-Sendfile'));
        $this->assertSame('attachment; filename=name.txt', $instead->headers->get('Content-Disposition'));
        $this->assertNotNull($this->instead($this->disk()->response('a.txt')));
    }

    public function test_what_only_php_can_send_is_left_to_it(): void
    {
        $file = fn (): BinaryFileResponse => new BinaryFileResponse("{$this->folder}/app/a.txt");

        $this->assertNull($this->instead($file()->deleteFileAfterSend()));
        $this->assertNull($this->instead($file()->setStatusCode(304)));
        $this->assertNull($this->instead(new BinaryFileResponse("{$this->folder}/b.txt")));
        $this->assertNull($this->instead(new class("{$this->folder}/app/a.txt") extends BinaryFileResponse
        {
            public function sendContent(): static
            {
                return $this;
            }
        }));
        $this->assertNull($this->instead(new Response('text')));
        $this->assertNull($this->instead(new StreamedResponse(fn () => print 'text')));
        $this->assertNull((new Sendfile)->instead($file()), 'the server sends nothing');
    }

    public function test_a_link_out_of_the_folder_is_left_to_php(): void
    {
        symlink("{$this->folder}/b.txt", "{$this->folder}/app/link");

        $this->assertNull($this->instead(new BinaryFileResponse("{$this->folder}/app/link")));
    }

    public function test_a_disk_that_changes_what_it_reads_is_left_to_php(): void
    {
        $adapter = new class("{$this->folder}/app") extends LocalFilesystemAdapter {};
        $changed = new FilesystemAdapter(new Filesystem($adapter), $adapter, ['root' => "{$this->folder}/app"]);

        $this->assertNull($this->instead($changed->response('a.txt')));

        $local = new LocalFilesystemAdapter("{$this->folder}/app");
        $unpacking = new class(new Filesystem($local), $local, ['root' => "{$this->folder}/app"]) extends FilesystemAdapter
        {
            public function readStream($path)
            {
                return null;
            }
        };

        $this->assertNull($this->instead($unpacking->response('a.txt')));
    }

    private function instead(Response $response): ?Response
    {
        return (new Sendfile(["{$this->folder}/app", "{$this->folder}/missing"]))->instead($response);
    }

    private function disk(): FilesystemAdapter
    {
        $adapter = new LocalFilesystemAdapter("{$this->folder}/app");

        return new FilesystemAdapter(new Filesystem($adapter), $adapter, ['root' => "{$this->folder}/app"]);
    }
}
