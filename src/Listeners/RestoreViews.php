<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Events\RequestReceived;
use Askr\Laravel\Worker\State\ClassState;
use Askr\Laravel\Worker\State\ObjectState;
use Closure;
use Illuminate\Contracts\Foundation\Application;
use Illuminate\View\Component;
use Illuminate\View\DynamicComponent;
use Illuminate\View\Factory;
use Illuminate\View\FileViewFinder;

/**
 * Forgets what a request shared with views, and the sections and stacks it left open.
 */
final class RestoreViews
{
    private ClassState $components;

    private ?ObjectState $factory = null;

    private ?ObjectState $finder = null;

    /** @var Closure(): array<int, mixed> Where the finder looks. */
    private Closure $places;

    /** @var array<int, mixed> */
    private array $booted = [];

    public function __construct(Application $app)
    {
        $this->components = new ClassState([
            Component::class => ['componentsResolver'],
            DynamicComponent::class => ['compiler', 'componentClasses'],
        ]);

        if (! $app->resolved('view') || ! ($view = $app->make('view')) instanceof Factory) {
            return;
        }

        $this->factory = ObjectState::except($view, ['pathEngineCache', 'normalizedNameCache', 'container']);
        $finder = $view->getFinder();

        if ($finder instanceof FileViewFinder) {
            $this->finder = ObjectState::of($finder, ['paths', 'hints', 'extensions', 'views']);
            $this->places = Closure::bind(
                fn (): array => [$this->paths, $this->hints, $this->extensions],
                $finder,
                FileViewFinder::class,
            );
            $this->booted = ($this->places)();
        }
    }

    /** Handle the event. */
    public function handle(RequestReceived $event): void
    {
        $this->components->restore();
        $this->factory?->restore();

        if ($this->finder !== null && ($this->places)() !== $this->booted) {
            // Together with the views found elsewhere. They are kept otherwise.
            $this->finder->restore();
        }
    }
}
