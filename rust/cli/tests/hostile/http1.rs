//! The corpus over HTTP/1.

use askr_testkit::{Response, Server};

use crate::line::{CHUNKS, FIELDS, LENGTHS, Line, PATHS, TARGETS};
use crate::{counting, unseen};

/// What would be seen if it were taken for a request.
const HIDDEN: &str = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

/// Sends `bytes` and what hides behind them; there is one answer, and then the end.
#[track_caller]
fn refused(server: &Server, bytes: &str, status: u16) -> Response {
    let mut client = server.client();
    // The connection may be closed before all of it is taken.
    let _ = client.try_send(bytes);
    let _ = client.try_send(HIDDEN);
    let response = client.try_response();
    let response = response.unwrap_or_else(|cut| panic!("no answer to {bytes:?}: {cut:?}"));
    assert_eq!(response.status, status, "{bytes:?}: {}", response.text());
    let rest = client.rest();
    let rest = String::from_utf8_lossy(&rest);
    assert!(rest.is_empty(), "{bytes:?} was answered twice: {rest}");
    response
}

#[track_caller]
fn all_refused(server: &Server, head: &str, lines: &[Line]) {
    unseen(server, || {
        for (line, status) in lines {
            refused(server, &format!("{head}{line}"), *status);
        }
    });
}

#[test]
fn malformed_targets_are_refused() {
    all_refused(&counting().start(), "", TARGETS);
}

#[test]
fn paths_that_lead_out_of_the_root_are_refused() {
    let server = counting().start();
    unseen(&server, || {
        let mut client = server.client();
        for path in PATHS {
            assert_eq!(client.get(path).status, 400, "{path}");
        }
    });
}

#[test]
fn malformed_fields_are_refused() {
    all_refused(&counting().start(), "", FIELDS);
}

#[test]
fn lengths_that_can_be_read_in_two_ways_are_refused() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\n";
    all_refused(&counting().start(), head, LENGTHS);
    let old = "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n";
    all_refused(&counting().start(), "", &[(old, 400)]);
}

#[test]
fn bodies_of_malformed_chunks_are_refused() {
    let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    all_refused(&counting().start(), head, CHUNKS);
}

#[test]
fn what_is_too_much_is_refused_by_name() {
    let server = counting().start();
    let (line, value) = ("a".repeat(20_000), "b".repeat(40_000));
    let many = "A: b\r\n".repeat(120);
    let extension = "c".repeat(2_000);
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    unseen(&server, || {
        for (request, status) in [
            (format!("GET /{line} HTTP/1.1\r\nHost: a\r\n\r\n"), 414),
            (
                format!("GET / HTTP/1.1\r\nHost: a\r\nA: {value}\r\n\r\n"),
                431,
            ),
            (format!("GET / HTTP/1.1\r\nHost: a\r\nA: {value}"), 431),
            (format!("GET / HTTP/1.1\r\nHost: a\r\n{many}\r\n"), 431),
            (format!("{chunked}1;{extension}\r\na\r\n0\r\n\r\n"), 400),
            (
                format!("{chunked}0\r\nA: {}\r\n\r\n", "d".repeat(20_000)),
                400,
            ),
        ] {
            refused(&server, &request, status);
        }
    });
}

#[test]
fn a_request_that_is_cut_anywhere_is_not_seen() {
    let server = counting().start();
    let whole = "POST /cut HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\
                 3\r\nabc\r\n0\r\nA: b\r\n\r\n";
    unseen(&server, || {
        for end in 0..whole.len() {
            let mut client = server.client();
            client.send(&whole[..end]);
            client.finish();
            let rest = client.rest();
            let rest = String::from_utf8_lossy(&rest);
            let is_refusal = rest.starts_with("HTTP/1.1 4") || rest.is_empty();
            assert!(is_refusal, "{end} bytes were answered {rest}");
        }
    });
}

#[test]
fn a_request_of_which_any_byte_is_broken_is_refused_or_a_different_one() {
    let server = counting().start();
    let whole = b"PUT /a/b?c=d HTTP/1.1\r\nHost: a.example:80\r\nContent-Length: 0\r\n\r\n";
    for at in 0..whole.len() {
        for byte in [b'\0', b'\n', b'\r', b' ', b':', 0x80] {
            let mut bytes = whole.to_vec();
            bytes[at] = byte;
            let mut client = server.client();
            let _ = client.try_send(&bytes);
            client.finish();
            let rest = client.rest();
            let rest = String::from_utf8_lossy(&rest);
            let answers = rest.matches("HTTP/1.1 ").count();
            assert!(answers <= 1, "{:?} got {rest}", bytes.escape_ascii());
        }
    }
    unseen(&server, || {});
}
