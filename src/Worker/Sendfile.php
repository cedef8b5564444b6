<?php

declare(strict_types=1);

namespace Askr\Laravel\Worker;

use Closure;
use Illuminate\Filesystem\FilesystemAdapter;
use League\Flysystem\Local\LocalFilesystemAdapter;
use ReflectionFunction;
use ReflectionMethod;
use Symfony\Component\HttpFoundation\BinaryFileResponse;
use Symfony\Component\HttpFoundation\Response;
use Symfony\Component\HttpFoundation\StreamedResponse;

/**
 * Leaves it to the server to send files: it needs no worker for that, and answers requests for
 * parts of them.
 */
class Sendfile
{
    /** What of a response the server finds out by itself. */
    private const OF_THE_SERVER = ['Content-Length', 'Content-Range', 'Accept-Ranges'];

    /** @param list<string> $roots The folders below which the server sends files. */
    public function __construct(private array $roots = [])
    {
    }

    /** For the folders that the server has named. */
    public static function fromEnvironment(): self
    {
        return new self(array_values(array_filter(explode(',', (string) getenv('ASKR_SENDFILE_ROOTS')))));
    }

    /** The response that has the server send the file of this one; null if PHP is to send it. */
    public function instead(Response $response): ?Response
    {
        $path = $this->roots === [] ? null : $this->pathOf($response);
        $path = $path === null ? false : realpath($path);

        if ($path === false || ! is_file($path) || ! $this->isPermitted($path)) {
            return null;
        }

        $instead = new Response;
        $instead->headers = clone $response->headers;
        $instead->setProtocolVersion($response->getProtocolVersion());

        foreach (self::OF_THE_SERVER as $name) {
            $instead->headers->remove($name);
        }

        $instead->headers->set('X-Sendfile', $path);

        return $instead;
    }

    /** The path of the file that is all there is to the response. */
    private function pathOf(Response $response): ?string
    {
        return match (true) {
            $response->headers->has('X-Sendfile'), $response->headers->has('X-Accel-Redirect') => null,
            $response instanceof BinaryFileResponse => $this->pathOfFile($response),
            $response instanceof StreamedResponse => $this->pathOnDisk($response),
            default => null,
        };
    }

    private function pathOfFile(BinaryFileResponse $response): ?string
    {
        // 206 and 416 are what Symfony makes of a range, which the server does as well.
        if (! in_array($response->getStatusCode(), [200, 206, 416], true)
            || ! $this->isInherited($response, 'sendContent', BinaryFileResponse::class)
            || (fn (): bool => $this->deleteFileAfterSend)->call($response)) {
            return null;
        }

        return $response->getFile()->getPathname();
    }

    /** The file of `Storage::download()` and `Storage::response()`, if the disk is a folder. */
    private function pathOnDisk(StreamedResponse $response): ?string
    {
        $callback = $response->getCallback();

        if (! $callback instanceof Closure || $response->getStatusCode() !== 200
            || ! $this->isInherited($response, 'sendContent', StreamedResponse::class)) {
            return null;
        }

        $function = new ReflectionFunction($callback);
        $disk = $function->getClosureThis();
        $path = $function->getStaticVariables()['path'] ?? null;

        return $disk instanceof FilesystemAdapter && is_string($path)
            && $this->isWrittenIn($function) && $this->isFolder($disk) ? $disk->path($path) : null;
    }

    /** Whether it is the very callback that Laravel gives to the response of a disk. */
    private function isWrittenIn(ReflectionFunction $function): bool
    {
        $response = new ReflectionMethod(FilesystemAdapter::class, 'response');

        return $function->getFileName() === $response->getFileName()
            && $function->getStartLine() >= $response->getStartLine()
            && $function->getEndLine() <= $response->getEndLine();
    }

    /** Whether what the disk reads is what lies in its folder, and nothing unpacks it on the way. */
    private function isFolder(FilesystemAdapter $disk): bool
    {
        return $disk->getAdapter()::class === LocalFilesystemAdapter::class
            && $this->isInherited($disk, 'readStream', FilesystemAdapter::class)
            && $this->isInherited($disk, 'path', FilesystemAdapter::class);
    }

    private function isInherited(object $object, string $method, string $class): bool
    {
        return (new ReflectionMethod($object, $method))->class === $class;
    }

    private function isPermitted(string $path): bool
    {
        foreach ($this->roots as $root) {
            $root = realpath($root);

            if ($root !== false && str_starts_with($path, rtrim($root, '/').'/')) {
                return true;
            }
        }

        return false;
    }
}
