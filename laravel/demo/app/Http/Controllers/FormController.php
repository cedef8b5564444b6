<?php

declare(strict_types=1);

namespace App\Http\Controllers;

use Illuminate\Contracts\View\Factory;
use Illuminate\Contracts\View\View;
use Illuminate\Http\RedirectResponse;
use Illuminate\Http\Request;

class FormController
{
    /** Show the form, with the trees this visitor has named so far. */
    public function show(Request $request, Factory $views): View
    {
        return $views->make('form', ['named' => $request->session()->get('named', [])]);
    }

    /** Check the form, remember the name in the session and go back with a message. */
    public function store(Request $request): RedirectResponse
    {
        $valid = $request->validate([
            'name' => ['required', 'string', 'min:2', 'max:40'],
            'height_cm' => ['required', 'integer', 'between:1,12000'],
        ]);

        $request->session()->push('named', $valid['name']);

        return redirect()->route('form')->with('status', "{$valid['name']} is {$valid['height_cm']} cm tall.");
    }
}
