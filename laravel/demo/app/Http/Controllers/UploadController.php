<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Illuminate\Contracts\View\Factory;
use Illuminate\Contracts\View\View;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;
use Illuminate\Http\UploadedFile;

class UploadController
{
    /** Show the upload form, with what arrived last. */
    public function show(Factory $views): View
    {
        return $views->make('upload');
    }

    /** Describe the file that arrived; nothing of it is kept. */
    public function store(Request $request): RedirectResponse
    {
        $request->validate(['file' => ['required', 'file', 'max:65536']]);

        /** @var UploadedFile $file */
        $file = $request->file('file');

        return redirect()->route('upload')->with('file', [
            'name' => $file->getClientOriginalName(),
            'bytes' => $file->getSize(),
            'sha256' => hash_file('sha256', $file->getPathname()),
        ]);
    }
}
