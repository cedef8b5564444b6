<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid\Watches;

use Askr\Laravel\Paranoid\Change;
use Askr\Laravel\Paranoid\ClassName;
use Askr\Laravel\Paranoid\LoadedClasses;
use Askr\Laravel\Paranoid\Moment;
use Askr\Laravel\Paranoid\Reading;
use Askr\Laravel\Paranoid\Readings;
use Askr\Laravel\Paranoid\Territory;
use Askr\Laravel\Paranoid\Watch;
use Closure;
use Illuminate\Routing\Router;
use ReflectionClass;
use ReflectionFunction;
use ReflectionFunctionAbstract;
use Throwable;

/**
 * Static variables of functions, methods and the closures of routes.
 *
 * PHP does not tell what such a variable begins with, so that the first value that
 * is seen counts as that.
 */
final class FunctionStatics implements Watch
{
    /** @var array<string, ReflectionFunctionAbstract> */
    private array $functions = [];

    private Readings $readings;

    private int $classCount = 0;

    private int $fileCount = 0;

    private int $functionCount = 0;

    private bool $hasRoutes = false;

    public function __construct(private LoadedClasses $classes, private Territory $territory)
    {
        $this->readings = new Readings;
    }

    /** @return list<Change> */
    public function look(Moment $moment): array
    {
        $this->addFunctions();
        $this->addMethods();
        $this->addRoutes($moment);

        $changes = [];

        foreach ($this->values() as $name => $value) {
            $changes[] = $this->readings->compare($name, Reading::of($value));
        }

        return array_values(array_filter($changes));
    }

    /**
     * The values there are, by name.
     *
     * @return iterable<string, mixed>
     */
    public function values(): iterable
    {
        foreach ($this->functions as $function => $reflection) {
            foreach ($reflection->getStaticVariables() as $variable => $value) {
                yield "{$function} \${$variable}" => $value;
            }
        }
    }

    private function addFunctions(): void
    {
        $files = count(get_included_files());

        if ($files === $this->fileCount) {
            return;
        }

        $this->fileCount = $files;
        $functions = get_defined_functions()['user'];

        foreach (array_slice($functions, $this->functionCount) as $function) {
            $reflection = new ReflectionFunction($function);

            if ($this->territory->hasFile($reflection->getFileName())) {
                $this->add($reflection->getName().'()', $reflection);
            }
        }

        $this->functionCount = count($functions);
    }

    private function addMethods(): void
    {
        foreach ($this->classes->after($this->classCount) as $class) {
            $this->addMethodsOf($class);
        }

        $this->classCount = $this->classes->count();
    }

    /** @param  ReflectionClass<object>  $class */
    private function addMethodsOf(ReflectionClass $class): void
    {
        foreach ($class->getMethods() as $method) {
            // An inherited method has the variables of the class it comes from.
            if ($method->class === $class->name && ! $method->isInternal()) {
                $this->add(ClassName::of($class->name).'::'.$method->name.'()', $method);
            }
        }
    }

    private function addRoutes(Moment $moment): void
    {
        if ($this->hasRoutes || ! $moment->app->resolved('router')) {
            return;
        }

        $this->hasRoutes = true;
        $router = $moment->app->make('router');

        foreach ($router instanceof Router ? $router->getRoutes()->getRoutes() : [] as $route) {
            $action = $route->getAction('uses');

            if ($action instanceof Closure && $this->territory->hasFile(($closure = new ReflectionFunction($action))->getFileName())) {
                $this->add("route {$route->methods()[0]} /".ltrim($route->uri(), '/'), $closure);
            }
        }
    }

    private function add(string $name, ReflectionFunctionAbstract $function): void
    {
        try {
            if ($function->getStaticVariables() !== []) {
                $this->functions[$name] = $function;
            }
        } catch (Throwable) {
            // What one of them begins with cannot be worked out here, so there is nothing to compare.
        }
    }
}
