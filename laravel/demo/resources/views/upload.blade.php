<x-layout title="Upload">
    <h1>Upload a file</h1>

    @if (session('file'))
        <dl class="note good" role="status">
            <dt>Name</dt><dd>{{ session('file.name') }}</dd>
            <dt>Bytes</dt><dd>{{ session('file.bytes') }}</dd>
            <dt>SHA-256</dt><dd><code>{{ session('file.sha256') }}</code></dd>
        </dl>
    @endif

    <form method="post" action="{{ route('upload.store') }}" enctype="multipart/form-data">
        @csrf
        <label for="file">File</label>
        <input id="file" name="file" type="file">
        @error('file')
            <p class="error">{{ $message }}</p>
        @enderror

        <button type="submit">Send it</button>
    </form>
</x-layout>
