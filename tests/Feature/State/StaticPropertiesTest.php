<?php

declare(strict_types=1);

namespace Askr\Laravel\Tests\Feature\State;

use Askr\Laravel\Tests\TestCase;
use Askr\Laravel\Worker\Renewal;
use Askr\Laravel\Worker\State\ClassState;
use Illuminate\Container\Container;
use PHPUnit\Framework\Attributes\Group;
use ReflectionClass;
use ReflectionObject;
use Symfony\Component\Finder\Finder;

/**
 * Every static property of Laravel is put back, or there is a reason why not.
 *
 * A new one in a new version of Laravel fails here until somebody has decided.
 */
class StaticPropertiesTest extends TestCase
{
    private const DECLARATION = '/^\s*(?:public|protected|private) static (?:\??[\w|\\\\]+ )?\$(\w+)/m';

    #[Group(self::SINCE_LARAVEL_11)]
    public function test_every_static_property_of_laravel_has_been_thought_of(): void
    {
        $decided = array_merge_recursive(...array_values(require dirname(__DIR__, 2).'/fixtures/laravel/statics.php'));
        $restored = $this->restored();
        $forgotten = [];

        foreach ($this->declared() as $class => $names) {
            $known = [...($decided[$class] ?? []), ...$this->restoredOf("Illuminate\\{$class}", $restored)];

            foreach (array_diff($names, $known) as $name) {
                $forgotten[] = "{$class}::\${$name}";
            }
        }

        $this->assertSame([], $forgotten);
    }

    /** @return iterable<string, list<string>> Names by class, without what only a console has. */
    private function declared(): iterable
    {
        $folder = dirname((string) (new ReflectionClass(Container::class))->getFileName(), 2);

        foreach (Finder::create()->files()->in($folder)->name('*.php')->exclude(['Testing', 'Console']) as $file) {
            if (preg_match_all(self::DECLARATION, $file->getContents(), $found) > 0) {
                yield strtr(substr($file->getRelativePathname(), 0, -4), '/', '\\') => $found[1];
            }
        }
    }

    /**
     * The properties that listeners put back; those of a trait are those of the classes that use it.
     *
     * @param  array<class-string, list<string>>  $restored
     * @return list<string>
     */
    private function restoredOf(string $class, array $restored): array
    {
        $names = $restored[$class] ?? [];

        foreach (trait_exists($class) ? $restored : [] as $user => $more) {
            $names = class_exists($user) && in_array($class, class_uses_recursive($user), true) ? [...$names, ...$more] : $names;
        }

        return $names;
    }

    /** @return array<class-string, list<string>> */
    private function restored(): array
    {
        $restored = [];

        foreach (Renewal::listeners() as $class) {
            $listener = $this->app->make($class);

            foreach ((new ReflectionObject($listener))->getProperties() as $property) {
                $state = $property->isInitialized($listener) ? $property->getValue($listener) : null;
                $restored = array_merge_recursive($restored, $state instanceof ClassState ? $this->namesOf($state) : []);
            }
        }

        return $restored;
    }

    /** @return array<class-string, list<string>> */
    private function namesOf(ClassState $state): array
    {
        $read = fn (string $property): array => (new ReflectionObject($state))->getProperty($property)->getValue($state);

        return $read('unloaded') + array_map(array_keys(...), $read('values'));
    }
}
