<?php

declare(strict_types=1);

namespace Askr\Laravel\Process;

use Askr\Laravel\Exceptions\BinaryNotFound;
use Askr\Laravel\Exceptions\UnsupportedMachine;
use Askr\Laravel\Exceptions\UnusableAddress;
use Illuminate\Contracts\Config\Repository;
use Illuminate\Foundation\Application;

/**
 * Works out how the server is called for this application.
 */
class InvocationBuilder
{
    public function __construct(
        private Application $app,
        private Repository $config,
        private BinaryLocator $locator,
        private StartingEnvironment $environment,
        private ApplicationPath $path,
    ) {
    }

    /**
     * The call of the server.
     *
     * Only what somebody gave on the command line becomes a flag. The values of
     * `config/askr.php` travel beside it, because flags win over `askr.toml`, and
     * `askr.toml` wins over `config/askr.php`.
     *
     * @param  array<string, string|true|list<string>>  $flags  Options from the command line, by their names.
     * @param  bool  $isClassic  Whether the application boots for each request.
     *
     * @throws BinaryNotFound
     * @throws UnsupportedMachine
     * @throws UnusableAddress
     */
    public function build(array $flags, bool $isClassic = false): ServerInvocation
    {
        return $this->command('serve', $this->places($isClassic) + $flags);
    }

    /**
     * The call of one of the binary's commands, with the configuration that the server has.
     *
     * @param  array<string, string|true|list<string>>  $flags
     * @param  string|null  $base  The folder of the application, where the server that runs knows it by another name.
     *
     * @throws BinaryNotFound
     * @throws UnsupportedMachine
     * @throws UnusableAddress
     */
    public function command(string $name, array $flags, ?string $base = null): ServerInvocation
    {
        $command = [$this->locator->locate(), $name];

        foreach ($flags as $flag => $values) {
            foreach ((array) $values as $value) {
                array_push($command, "--{$flag}", ...($value === true ? [] : [$value]));
            }
        }

        $variables = array_filter(['ASKR_APP_BASE' => $base]) + $this->variables() + $this->environment->additions();

        return new ServerInvocation($command, $variables, $this->path->base());
    }

    /**
     * The address of the configuration, where no option says otherwise.
     *
     * @throws UnusableAddress
     */
    public function address(?string $host, ?string $port): ServerAddress
    {
        return ServerAddress::of(
            $host ?? (string) $this->config->get('askr.host'),
            $port ?? (string) $this->config->get('askr.port'),
        );
    }

    /** @return array<string, string> */
    private function places(bool $isClassic): array
    {
        $places = ['root' => $this->path->root()];

        return $isClassic ? $places : $places + ['worker-script' => $this->path->workerScript()];
    }

    /**
     * @return array<string, string>
     *
     * @throws UnusableAddress
     */
    private function variables(): array
    {
        return $this->environmentName() + [
            'ASKR_APP_BASE' => $this->path->base(),
            'ASKR_LARAVEL_CONFIG' => json_encode($this->options(), JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES),
        ];
    }

    /**
     * What makes a worker read the same environment file as this command has.
     *
     * @return array<string, string>
     */
    private function environmentName(): array
    {
        return $this->app->environmentFile() === '.env'
            ? []
            : ['APP_ENV' => (string) $this->app->environment()];
    }

    /**
     * The server's options, as `config/askr.php` gives them.
     *
     * @return array<string, mixed>
     *
     * @throws UnusableAddress
     */
    private function options(): array
    {
        $options = $this->given((array) $this->config->get('askr.server', []));

        foreach (['pools', 'limits', 'hosts', 'redirects'] as $tables) {
            foreach ($options[$tables] ?? [] as $name => $table) {
                $options[$tables][$name] = $this->given((array) $table);
            }
        }

        $options['listen'] ??= $this->address(null, null)->toString();

        return $options;
    }

    /**
     * Without the options that are left to the server.
     *
     * @param  array<array-key, mixed>  $options
     * @return array<array-key, mixed>
     */
    private function given(array $options): array
    {
        return array_filter($options, fn (mixed $value): bool => $value !== null && $value !== '' && $value !== []);
    }
}
