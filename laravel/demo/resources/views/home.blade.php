<x-layout title="What is running">
    <section class="hero">
        <h1>The application is up.</h1>
        <p>Reload this page and watch the last number. It grows, worker by worker, where the application stays booted; it stays 1 where every request boots it anew.</p>
    </section>

    <dl class="facts" aria-label="What is running">
        @foreach ($facts as $label => $value)
            <div class="fact">
                <dt>{{ $label }}</dt>
                <dd>{{ $value }}</dd>
            </div>
        @endforeach
    </dl>

    <h2>Try it</h2>
    <section class="cards">
        <a class="card" href="{{ route('json') }}"><b>/json</b><span>JSON, through the whole <code>web</code> middleware</span></a>
        <a class="card" href="{{ route('page') }}"><b>/page</b><span>Blade, with rows from SQLite through Eloquent</span></a>
        <a class="card" href="{{ route('form') }}"><b>/form</b><span>Session, CSRF, validation and a flash message</span></a>
        <a class="card" href="{{ route('upload') }}"><b>/upload</b><span>A multipart upload, and what arrived</span></a>
        <a class="card" href="{{ route('download') }}"><b>/download</b><span>A binary file, with ranges</span></a>
        <a class="card" href="{{ route('stream') }}"><b>/stream</b><span>A generator, sent line by line</span></a>
        <a class="card" href="{{ route('slow', ['ms' => 500]) }}"><b>/slow?ms=500</b><span>Answers when the time is up</span></a>
        <a class="card" href="{{ route('fail') }}"><b>/fail</b><span>Throws; the worker lives on</span></a>
        <a class="card" href="/up"><b>/up</b><span>Laravel's own health page</span></a>
    </section>
</x-layout>
