<?php

declare(strict_types=1);

return [

    // One page of each kind, so that no first visitor waits for what it takes.
    'warm' => ['/json', '/page', '/form'],

];
