<?php

declare(strict_types=1);

// Answers in few words, gives a body of a megabyte or so, and takes files of any size.

$words = 'The answer of a script. ';

while (askr_handle_request(static function () use ($words): void {
    switch (parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH)) {
        case '/large':
            $bytes = (int) ($_GET['bytes'] ?? 0);
            header('Content-Length: '.$bytes);
            echo substr(str_repeat($words, intdiv($bytes, strlen($words)) + 1), 0, $bytes);
            break;
        case '/upload':
            $file = $_FILES['file'] ?? null;
            echo $file === null
                ? 'no file'
                : filesize($file['tmp_name']).' '.hash_file('crc32b', $file['tmp_name']);
            break;
        case '/download':
            header('Content-Type: application/octet-stream');
            header('X-Sendfile: '.$_SERVER['DOCUMENT_ROOT'].'/2g.bin');
            break;
        default:
            echo $words;
    }
})) {
}
