<?php

declare(strict_types=1);

namespace Askr\Laravel\Paranoid;

use Askr\Laravel\Paranoid\Watches\ConfigurationValues;
use Askr\Laravel\Paranoid\Watches\ContainerState;
use Askr\Laravel\Paranoid\Watches\FunctionStatics;
use Askr\Laravel\Paranoid\Watches\GlobalVariables;
use Askr\Laravel\Paranoid\Watches\HeldRequests;
use Askr\Laravel\Paranoid\Watches\IniSettings;
use Askr\Laravel\Paranoid\Watches\MemoryInUse;
use Askr\Laravel\Paranoid\Watches\ObjectState;
use Askr\Laravel\Paranoid\Watches\OpenTransactions;
use Askr\Laravel\Paranoid\Watches\ProcessState;
use Askr\Laravel\Paranoid\Watches\StaticProperties;
use Illuminate\Foundation\Application;

/**
 * Everything that is watched, in the order in which it is looked at.
 */
final class WatchList
{
    /** @return list<Watch> */
    public static function of(Application $app, Territory $territory, LoadedClasses $classes): array
    {
        $properties = new StaticProperties($classes);
        $functions = new FunctionStatics($classes, $territory);
        $globals = new GlobalVariables;
        $roots = new Roots($territory, $properties, $functions, $globals);

        return [
            $properties,
            $functions,
            $globals,
            new ObjectState($roots, $territory, new ObjectInside($territory)),
            new HeldRequests($roots, $app->resolved('request') ? $app->make('request') : null),
            new ConfigurationValues,
            new ContainerState,
            new IniSettings,
            new ProcessState,
            new OpenTransactions,
            new MemoryInUse,
        ];
    }
}
