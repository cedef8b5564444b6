<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Closure;
use Illuminate\Contracts\Database\ModelIdentifier;
use Illuminate\Database\Eloquent\Casts\Json;
use Illuminate\Database\Eloquent\Model;
use Illuminate\Database\Eloquent\Relations\Relation;
use ReflectionClass;
use ReflectionMethod;

/**
 * Takes back what a request told model classes: scopes, observers, guards, strictness.
 *
 * A model class boots when it is first used, and its own `boot` methods may ask who
 * is logged in. One that has such methods boots again for each request, as it does
 * under FPM; any other boots once, ahead of the next request, and stays booted.
 */
final class RestoreModels
{
    private const STATICS = [
        Model::class => [
            'booted', 'bootedCallbacks', 'booting', 'traitInitializers', 'globalScopes',
            'dispatcher', 'resolver', 'encrypter', 'unguarded', 'snakeAttributes', 'isBroadcasting',
            'ignoreOnTouch', 'ignoreTimestampsOn', 'relationResolvers',
            'modelsShouldPreventLazyLoading', 'lazyLoadingViolationCallback',
            'modelsShouldAutomaticallyEagerLoadRelationships',
            'modelsShouldPreventSilentlyDiscardingAttributes', 'discardedAttributeViolationCallback',
            'modelsShouldPreventAccessingMissingAttributes', 'missingAttributeViolationCallback',
        ],
        Relation::class => ['constraints', 'constraintsForNestedRelations', 'morphMap', 'requireMorphMap', 'selfJoinCount'],
        Json::class => ['encoder', 'decoder'],
        ModelIdentifier::class => ['useMorphMap'],
    ];

    /** @var array<class-string, bool> Classes that boot for each request. */
    private array $bootsAlways = [];

    private ClassState $state;

    public function __construct(private RestoreEventListeners $listeners)
    {
        $this->keep();
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $booted = self::booted();
        $this->state->restore();

        if (count($booted) === count($kept = self::booted())) {
            return;
        }

        $this->boot(array_keys(array_diff_key($booted, $kept, $this->bootsAlways)));
    }

    /** @param  list<class-string<Model>>  $classes */
    private function boot(array $classes): void
    {
        foreach ($classes as $class) {
            if ($this->hasBootOfItsOwn(new ReflectionClass($class))) {
                $this->bootsAlways[$class] = true;
            } else {
                $this->bootOnce($class);
            }
        }

        if ($classes !== []) {
            $this->listeners->keep();
            $this->keep();
        }
    }

    private function keep(): void
    {
        $this->state = new ClassState(self::STATICS);
    }

    private function bootOnce(string $class): void
    {
        $model = (new ReflectionClass($class))->newInstanceWithoutConstructor();

        Closure::bind(fn () => $this->bootIfNotBooted(), $model, Model::class)();
    }

    /** @param  ReflectionClass<Model>  $class */
    private function hasBootOfItsOwn(ReflectionClass $class): bool
    {
        foreach ($class->getMethods(ReflectionMethod::IS_STATIC) as $method) {
            if ($this->boots($method) && ! str_starts_with($this->origin($method), 'Illuminate\\')) {
                return true;
            }
        }

        return false;
    }

    /** Whether a method may be called while a model boots. */
    private function boots(ReflectionMethod $method): bool
    {
        return str_starts_with($method->name, 'boot') || $method->getAttributes() !== [];
    }

    /** The namespace of the class or trait whose code a method is. */
    private function origin(ReflectionMethod $method): string
    {
        $class = $method->getDeclaringClass();

        foreach ($class->getTraits() as $trait) {
            if ($trait->hasMethod($method->name)) {
                return $trait->name;
            }
        }

        return $class->name;
    }

    /** @return array<class-string<Model>, bool> */
    private static function booted(): array
    {
        return Closure::bind(static fn (): array => static::$booted, null, Model::class)();
    }
}
