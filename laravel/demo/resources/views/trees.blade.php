<x-layout title="Trees">
    <h1>Trees</h1>
    <p>{{ $trees->count() }} rows from SQLite, tallest first.</p>
    <table>
        <thead>
            <tr><th>Name</th><th>Species</th><th class="number">Height</th></tr>
        </thead>
        <tbody>
            @foreach ($trees as $tree)
                <tr>
                    <td>{{ $tree->name }}</td>
                    <td><i>{{ $tree->species }}</i></td>
                    <td class="number">{{ number_format($tree->height_cm / 100, 1) }} m</td>
                </tr>
            @endforeach
        </tbody>
    </table>
</x-layout>
