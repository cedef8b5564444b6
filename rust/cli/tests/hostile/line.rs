//! Requests of HTTP/1 that nobody is to see, each with the status that it gets.

/// A request, and its status.
pub(crate) type Line = (&'static str, u16);

/// What is wrong with the first line, or with what is asked for.
pub(crate) const TARGETS: &[Line] = &[
    ("nonsense\r\n\r\n", 400),
    ("GET /\r\n\r\n", 400),
    ("GET / HTTP/1.1 x\r\nHost: a\r\n\r\n", 400),
    ("GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    (" GET / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET\t/\tHTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("G@T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / http/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/1.10\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/11\r\nHost: a\r\n\r\n", 400),
    ("GET / HTTP/2.0\r\nHost: a\r\n\r\n", 505),
    ("GET / HTTP/0.9\r\nHost: a\r\n\r\n", 505),
    ("GET a HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET ftp://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET http:///x HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET http://b@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a\0b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a\u{7f}b HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("GET /a\rb HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    (
        "\r\n\r\n\r\n\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
        400,
    ),
    // A client that takes this for a TLS port.
    ("\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\r\n\r\n", 400),
];

/// What is wrong with a field, or with whom is asked.
pub(crate) const FIELDS: &[Line] = &[
    ("GET / HTTP/1.1\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nhOsT: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: b@a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: <a>\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\tc\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost : a\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA : b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA\t: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA b: c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA(b): c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA\u{1}: c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA: b\0c\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA: b\rc\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA: b\u{7f}c\r\n\r\n", 400),
    ("GET / HTTP/1.1\nHost: a\n\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\nA: b\r\n\r\n", 400),
    ("GET / HTTP/1.1\r\nHost: a\r\nA: b\r\n\n", 400),
];

/// What is said of the body's length; whatever follows may not be taken for a request.
pub(crate) const LENGTHS: &[Line] = &[
    ("Content-Length: x\r\n\r\n", 400),
    ("Content-Length:\r\n\r\n", 400),
    ("Content-Length: -1\r\n\r\n", 400),
    ("Content-Length: +1\r\n\r\na", 400),
    ("Content-Length: 0x1\r\n\r\na", 400),
    ("Content-Length: 1_0\r\n\r\na", 400),
    ("Content-Length: 1 1\r\n\r\na", 400),
    ("Content-Length: 1, 1\r\n\r\na", 400),
    ("Content-Length: 1,2\r\n\r\na", 400),
    ("Content-Length: 1.0\r\n\r\na", 400),
    ("Content-Length: \u{b}1\r\n\r\na", 400),
    ("Content-Length: 18446744073709551616\r\n\r\n", 400),
    ("Content-Length: 18446744073709551615\r\n\r\n", 400),
    ("Content-Length: 9223372036854775807\r\n\r\n", 413),
    ("Content-Length: 1\r\nContent-Length: 2\r\n\r\na", 400),
    ("Content-Length: 0\r\ncontent-length: 5\r\n\r\nGET /", 400),
    (
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    (
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("Transfer-Encoding: x\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding:\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: \u{b}chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501),
    ("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n", 400),
    (
        "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        501,
    ),
    (
        "Transfer-Encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
    ),
    ("Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ("Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n", 400),
    ("X: y\rTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
];

/// Bodies in chunks that are none.
pub(crate) const CHUNKS: &[Line] = &[
    ("zz\r\n", 400),
    ("\r\n0\r\n\r\n", 400),
    ("-1\r\na\r\n0\r\n\r\n", 400),
    ("+1\r\na\r\n0\r\n\r\n", 400),
    ("0x1\r\na\r\n0\r\n\r\n", 400),
    (" 1\r\na\r\n0\r\n\r\n", 400),
    ("10000000000000000\r\n", 400),
    ("1\r\nabc\r\n0\r\n\r\n", 400),
    ("1\r\na0\r\n\r\n", 400),
    ("1\na\n0\n\n", 400),
    ("1\r\na\n0\r\n\r\n", 400),
    ("1\ra\r\n0\r\n\r\n", 400),
    ("1;a\nb\r\na\r\n0\r\n\r\n", 400),
    ("0\r\nA: b\n\r\n\r\n", 400),
];

/// Paths that lead out of the root, or nowhere, in requests that are well formed.
pub(crate) const PATHS: &[&str] = &[
    "/../etc/passwd",
    "/%2e%2e/etc/passwd",
    "/a/..%2f..%2fetc",
    "/a/..%5c..%5cetc",
    "/a%00.php",
    "/a%zz",
    "/a%",
];
