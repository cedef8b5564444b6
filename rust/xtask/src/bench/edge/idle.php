<?php

declare(strict_types=1);

// php idle.php tcp://127.0.0.1:8000 2000: so many connections, each of which has had an answer.
// Says that they are there, and keeps them until its input ends.

[, $address, $count] = $argv;
$context = stream_context_create(['ssl' => ['verify_peer' => false, 'verify_peer_name' => false]]);
$request = "GET /1k.txt HTTP/1.1\r\nHost: bench\r\n\r\n";
$kept = [];
for ($i = 0; $i < (int) $count; $i++) {
    $stream = stream_socket_client($address, $code, $message, 30, STREAM_CLIENT_CONNECT, $context);
    if ($stream === false || fwrite($stream, $request) === false) {
        fwrite(STDERR, "connection {$i}: {$message}\n");
        exit(1);
    }
    $answer = '';
    while (! str_contains($answer, "\r\n\r\n") || strlen($answer) < 1024 + strpos($answer, "\r\n\r\n") + 4) {
        $read = fread($stream, 8192);
        if ($read === false || $read === '') {
            fwrite(STDERR, "connection {$i} was answered {$answer}\n");
            exit(1);
        }
        $answer .= $read;
    }
    if (! str_starts_with($answer, 'HTTP/1.1 200')) {
        fwrite(STDERR, "connection {$i} was answered {$answer}\n");
        exit(1);
    }
    $kept[] = $stream;
}
echo "there\n";
fgets(STDIN);
foreach ($kept as $i => $stream) {
    stream_set_blocking($stream, false);
    if (fread($stream, 1) !== '' || feof($stream)) {
        fwrite(STDERR, "connection {$i} did not stay\n");
        exit(1);
    }
}
