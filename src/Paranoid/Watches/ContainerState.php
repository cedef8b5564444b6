<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\ClassName;
use Askr\Laravel\Paranoid\ContainerInside;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;

/**
 * What is bound in the container, and how many callbacks wait in it.
 */
final class ContainerState implements Watch
{
    /** Where each key is a thing of its own. */
    private const BY_KEY = ['instances' => 'instance', 'bindings' => 'binding', 'extenders' => 'extender', 'aliases' => 'alias'];

    /** What comes and goes while the container works. */
    private const WORK = ['resolved', 'with', 'buildStack', 'checkedForAttributeBindings', 'checkedForSingletonOrScopedAttributes'];

    private Readings $readings;

    public function __construct()
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $now = [];

        foreach (ContainerInside::arrays($moment->app) as $property => $array) {
            $now += match (true) {
                isset(self::BY_KEY[$property]) => $this->entries(self::BY_KEY[$property], $array),
                in_array($property, self::WORK, true) => [],
                default => ["container \${$property}" => new Reading('array:'.count($array), (string) count($array), count($array))],
            };
        }

        return $this->readings->compareSet($now);
    }

    /**
     * @param  array<array-key, mixed>  $array
     * @return array<string, Reading>
     */
    private function entries(string $kind, array $array): array
    {
        $readings = [];

        foreach ($array as $key => $entry) {
            // What stands there may be made anew for each request; that it stands there is the point.
            $readings["container {$kind} ".ClassName::of((string) $key)] = new Reading('there', 'there');
        }

        return $readings;
    }
}
