<?php

declare(strict_types=1);

namespace Askr\Laravel\Socket;

use Askr\Laravel\Process\ApplicationPath;
use Askr\Laravel\Process\ServerConsole;
use Askr\Laravel\Process\ServerStateFile;
use Illuminate\Contracts\Config\Repository;

/**
 * Knows where the server of this application has the socket of its store.
 */
class StoreSocket
{
    /** What the server has said itself, for the next time. */
    private ?string $told = null;

    public function __construct(
        private Repository $config,
        private ServerStateFile $file,
        private ApplicationPath $path,
        private ServerConsole $console,
    ) {
    }

    /**
     * Where to look for it, in this order; as `docs/protocol/store-socket.md` has it.
     *
     * @return list<string>
     */
    public function places(): array
    {
        $given = $this->told ?? $this->given('store_socket');

        return $given === null
            ? array_values(array_unique([...$this->besideControlSocket(), ...$this->inPrivateFolders()]))
            : [$given];
    }

    /**
     * Ask the server itself, which may have been told of another place in `askr.toml` or by a flag.
     *
     * That takes a process of its binary: for when nobody listens at those places.
     */
    public function ask(): ?string
    {
        return $this->told = $this->console->status()['store']['socket'] ?? null;
    }

    /**
     * Whether what listens there is the server.
     *
     * What is read becomes values of PHP, so a folder that another user could have made is
     * not looked into. A path that somebody has configured is theirs to judge, and what the
     * server says is the server's.
     */
    public function isTrusted(string $path): bool
    {
        if ($path === $this->told || ! in_array($path, $this->inPrivateFolders(), true)) {
            return true;
        }

        clearstatcache(true, dirname($path));
        $folder = @lstat(dirname($path));

        return $folder !== false
            && ($folder['mode'] & 0170077) === 0040000
            && in_array($folder['uid'], $this->users(), true);
    }

    /** @return list<string> */
    private function besideControlSocket(): array
    {
        $control = $this->given('control_socket');

        return $control === null ? [] : [preg_replace('~(?<=[^/])\.[^./]*$~', '', $control).'.store.sock'];
    }

    /** @return list<string> */
    private function inPrivateFolders(): array
    {
        $places = [];

        foreach ($this->folders() as $folder) {
            foreach ($this->names() as $name) {
                $places[] = "{$folder}/{$name}.store.sock";
            }
        }

        return $places;
    }

    /** @return list<string> */
    private function folders(): array
    {
        $runtime = (string) getenv('XDG_RUNTIME_DIR');
        $temporary = rtrim(getenv('TMPDIR') ?: '/tmp', '/');
        $folders = str_starts_with($runtime, '/') ? [rtrim($runtime, '/').'/askr'] : [];

        foreach ($this->users() as $user) {
            array_push($folders, "/run/user/{$user}/askr", "{$temporary}/askr-{$user}");
        }

        return $folders;
    }

    /**
     * Names for the application, since a server may have been started by another.
     *
     * @return list<string>
     */
    private function names(): array
    {
        $applications = [$this->file->running()?->base, $this->path->base(), $this->path->root()];

        return array_map(
            fn (string $application): string => hash('fnv1a64', $application),
            array_values(array_unique(array_filter($applications))),
        );
    }

    /**
     * This process's user, and the one that the server is to run PHP as.
     *
     * @return list<int>
     */
    private function users(): array
    {
        $configured = (string) $this->config->get('askr.server.user');
        $account = $configured !== '' && function_exists('posix_getpwnam') ? posix_getpwnam($configured) : false;

        return array_values(array_unique([
            (int) fileowner('/proc/self'),
            ...($account === false ? [] : [$account['uid']]),
        ]));
    }

    private function given(string $option): ?string
    {
        $path = (string) $this->config->get("askr.server.{$option}");

        return match (true) {
            $path === '' => null,
            str_starts_with($path, '/') => $path,
            default => "{$this->path->base()}/{$path}",
        };
    }
}
