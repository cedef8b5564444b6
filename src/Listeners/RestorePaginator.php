<?php

declare(strict_types=1);

namespace Askr\Laravel\Listeners;

use Askr\Laravel\Listeners\Concerns\RestoresStatics;
use Illuminate\Pagination\AbstractCursorPaginator;
use Illuminate\Pagination\AbstractPaginator;

/**
 * Asks the application for the page, the path and the look of lists again.
 */
final class RestorePaginator
{
    use RestoresStatics;

    private const STATICS = [
        AbstractPaginator::class => [
            'currentPathResolver', 'currentPageResolver', 'queryStringResolver', 'viewFactoryResolver',
            'defaultView', 'defaultSimpleView',
        ],
        AbstractCursorPaginator::class => ['currentCursorResolver'],
    ];
}
