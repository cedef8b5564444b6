<x-layout title="Form">
    <h1>Name a tree</h1>

    @if (session('status'))
        <p class="note good" role="status">{{ session('status') }}</p>
    @endif

    <form method="post" action="{{ route('form.store') }}" novalidate>
        @csrf
        <label for="name">Name</label>
        <input id="name" name="name" value="{{ old('name') }}" autocomplete="off">
        @error('name')
            <p class="error">{{ $message }}</p>
        @enderror

        <label for="height_cm">Height in centimetres</label>
        <input id="height_cm" name="height_cm" value="{{ old('height_cm') }}" inputmode="numeric" autocomplete="off">
        @error('height_cm')
            <p class="error">{{ $message }}</p>
        @enderror

        <button type="submit">Plant it</button>
    </form>

    @if ($named !== [])
        <h2>Named in this session</h2>
        <ul>
            @foreach ($named as $name)
                <li>{{ $name }}</li>
            @endforeach
        </ul>
    @endif
</x-layout>
