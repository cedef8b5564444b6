@props(['title'])
<!DOCTYPE html>
<html lang="en">
<head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>{{ $title }} · Askr</title>
    <link rel="icon" href="/favicon.svg" type="image/svg+xml">
    <link rel="stylesheet" href="/demo.css">
</head>
<body>
    <header class="top">
        <a class="brand" href="{{ route('home') }}">
            <img src="/favicon.svg" alt="" width="28" height="28">
            <span>Askr</span>
        </a>
        <nav>
            <a href="{{ route('page') }}">Trees</a>
            <a href="{{ route('form') }}">Form</a>
            <a href="{{ route('upload') }}">Upload</a>
            <a href="{{ route('json') }}">JSON</a>
        </nav>
    </header>
    <main>
        {{ $slot }}
    </main>
    <footer>
        The demo application of Askr, a PHP application server.
    </footer>
</body>
</html>
