<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\ClassName;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Watch;
use Closure;

/**
 * What is bound in the container, and how many callbacks wait in it.
 *
 * What stands under a name may be made anew for each request; that something
 * stands there is the point.
 */
final class ContainerState implements Watch
{
    /** Where each key is a thing of its own. */
    private const BY_KEY = ['instances' => 'instance', 'bindings' => 'binding', 'extenders' => 'extender', 'aliases' => 'alias'];

    /** What comes and goes while the container works. */
    private const WORK = [
        'resolved' => true, 'with' => true, 'buildStack' => true,
        'checkedForAttributeBindings' => true, 'checkedForSingletonOrScopedAttributes' => true,
    ];

    /** @var array<string, list<array-key>> Names by property. */
    private array $names = [];

    private Readings $counts;

    public function __construct()
    {
        $this->counts = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $changes = [];

        foreach ($moment->containerArrays() as $property => $array) {
            $found = match (true) {
                isset(self::WORK[$property]) => [],
                isset(self::BY_KEY[$property]) => $this->compareNames($property, array_keys($array)),
                default => [$this->counts->compare(
                    "container \${$property}",
                    new Reading('array:'.count($array), (string) count($array), count($array)),
                )],
            };
            $changes = $found === [] ? $changes : [...$changes, ...$found];
        }

        return array_values(array_filter($changes));
    }

    /**
     * @param  list<array-key>  $now
     * @return list<Change>
     */
    private function compareNames(string $property, array $now): array
    {
        $before = $this->names[$property] ?? $now;
        $this->names[$property] = $now;

        if ($before === $now) {
            return [];
        }

        $there = new Reading('there', 'there');
        $change = fn (Reading $from, Reading $to): Closure => fn (int|string $name): Change => new Change(
            'container '.self::BY_KEY[$property].' '.ClassName::of((string) $name), $from, $to,
        );

        return [
            ...array_map($change(Reading::none(), $there), array_values(array_diff($now, $before))),
            ...array_map($change($there, Reading::none()), array_values(array_diff($before, $now))),
        ];
    }
}
