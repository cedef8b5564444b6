<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Illuminate\Contracts\Routing\ResponseFactory;
use Symfony\Component\HttpFoundation\BinaryFileResponse;

class DownloadController
{
    /** Send a binary file as a download, with ranges and a last-modified date. */
    public function __invoke(ResponseFactory $responses): BinaryFileResponse
    {
        return $responses->download(resource_path('downloads/ash-leaf.png'), 'ash-leaf.png');
    }
}
