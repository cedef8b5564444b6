<?php

$opcache = function_exists('opcache_get_status') ? opcache_get_status(false) : false;

echo json_encode([
    'version' => PHP_VERSION,
    'thread_safe' => PHP_ZTS === 1,
    'sapi' => PHP_SAPI,
    'opcache' => is_array($opcache) && $opcache['opcache_enabled'],
    'extensions' => array_map('strtolower', get_loaded_extensions()),
    'ini_file' => php_ini_loaded_file() ?: null,
]);
