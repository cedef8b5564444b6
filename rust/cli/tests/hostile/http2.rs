//! The corpus over HTTP/2, with prior knowledge.

use askr_testkit::Server;

use crate::frames::{
    ACK, CONTINUATION, DATA, END_HEADERS, END_STREAM, End, GOAWAY, HEADERS, PADDED, PING, PREFACE,
    PRIORITY, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE, block, frame, sent, sent_raw,
};
use crate::{counting, unseen};

const METHOD: (&str, &str) = (":method", "GET");
const POST: (&str, &str) = (":method", "POST");
const SCHEME: (&str, &str) = (":scheme", "http");
const AUTHORITY: (&str, &str) = (":authority", "a");
const PATH: (&str, &str) = (":path", "/");

/// A head that asks for something, with more fields.
fn head(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    [&[METHOD, SCHEME, AUTHORITY, PATH], more].concat()
}

/// What is asked with these fields and no body.
fn asked(server: &Server, fields: &[(&str, &str)]) -> End {
    let flags = END_HEADERS | END_STREAM;
    sent(server.address(), &frame(HEADERS, flags, 1, &block(fields)))
}

/// Each of them is refused: with that status, or by the end of its stream or its connection.
#[track_caller]
fn all_refused(heads: &[Vec<(&str, &str)>], status: u16) {
    let server = counting().start();
    unseen(&server, || {
        for fields in heads {
            let end = asked(&server, fields);
            let is_refusal = end == End::Status(status)
                || matches!(
                    end,
                    End::Reset(PROTOCOL_ERROR) | End::GoAway(PROTOCOL_ERROR)
                );
            assert!(is_refusal, "{fields:?} ended with {end:?}");
        }
    });
}

const PROTOCOL_ERROR: u32 = 1;

#[test]
fn an_ordinary_request_is_seen() {
    let server = counting().start();
    assert_eq!(asked(&server, &head(&[])), End::Status(200));
    assert_eq!(crate::seen_by_php(&server), 2);
}

#[test]
fn requests_without_what_each_has_are_refused() {
    all_refused(
        &[
            vec![SCHEME, AUTHORITY, PATH],
            vec![METHOD, AUTHORITY, PATH],
            vec![METHOD, SCHEME, AUTHORITY],
            vec![METHOD, SCHEME, PATH],
            vec![METHOD, METHOD, SCHEME, AUTHORITY, PATH],
            vec![METHOD, SCHEME, AUTHORITY, AUTHORITY, PATH],
            vec![METHOD, SCHEME, AUTHORITY, PATH, PATH],
            vec![METHOD, SCHEME, SCHEME, AUTHORITY, PATH],
            vec![METHOD, SCHEME, AUTHORITY, ("a", "b"), PATH],
            head(&[(":status", "200")]),
            head(&[(":unknown", "x")]),
            vec![METHOD, SCHEME, AUTHORITY, (":path", "")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "a")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "*")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "http://a/")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "/a b")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "/a\r\nb: c")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "/../etc/passwd")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "/%2e%2e/etc")],
            vec![METHOD, SCHEME, AUTHORITY, (":path", "/a%00")],
            vec![METHOD, SCHEME, (":authority", "b@a"), PATH],
            vec![METHOD, SCHEME, (":authority", "a/b"), PATH],
            vec![METHOD, SCHEME, (":authority", "a b"), PATH],
            vec![METHOD, SCHEME, (":authority", "a\r\nb: c"), PATH],
            vec![(":method", ""), SCHEME, AUTHORITY, PATH],
            vec![(":method", "G T"), SCHEME, AUTHORITY, PATH],
            vec![(":method", "GET\r\n"), SCHEME, AUTHORITY, PATH],
        ],
        400,
    );
}

#[test]
fn fields_that_no_request_has_are_refused() {
    all_refused(
        &[
            head(&[("Upper", "a")]),
            head(&[("", "a")]),
            head(&[("a b", "c")]),
            head(&[("a:", "c")]),
            head(&[("a\0", "c")]),
            head(&[("a", "b\0c")]),
            head(&[("a", "b\r\nc: d")]),
            head(&[("a", "b\nc")]),
            head(&[("a", "b\rc")]),
            head(&[("host", "b")]),
            head(&[("host", "a"), ("host", "b")]),
            head(&[("connection", "close")]),
            head(&[("connection", "x"), ("x", "y")]),
            head(&[("keep-alive", "1")]),
            head(&[("proxy-connection", "close")]),
            head(&[("transfer-encoding", "chunked")]),
            head(&[("upgrade", "websocket")]),
            head(&[("te", "gzip")]),
            head(&[("content-length", "1")]),
            head(&[("content-length", "x")]),
            head(&[("content-length", "-1")]),
            head(&[("content-length", "0"), ("content-length", "1")]),
        ],
        400,
    );
}

#[test]
fn other_protocols_are_not_served() {
    let server = counting().start();
    unseen(&server, || {
        let plain = asked(&server, &[(":method", "CONNECT"), (":authority", "a:80")]);
        let connect = [(":method", "CONNECT"), (":protocol", "websocket")];
        let extended = asked(
            &server,
            &[&connect[..], &[SCHEME, AUTHORITY, PATH]].concat(),
        );
        for end in [plain, extended] {
            let is_refusal = matches!(end, End::Status(400 | 405 | 501) | End::Reset(_));
            assert!(is_refusal, "{end:?}");
        }
    });
}

#[test]
fn bodies_of_another_length_than_announced_are_not_seen() {
    let server = counting().start();
    unseen(&server, || {
        for (announced, body) in [("1", ""), ("1", "ab"), ("3", "ab"), ("0", "a")] {
            let fields = [POST, SCHEME, AUTHORITY, PATH, ("content-length", announced)];
            let begun = frame(HEADERS, END_HEADERS, 1, &block(&fields));
            let data = frame(DATA, END_STREAM, 1, body.as_bytes());
            let end = sent(server.address(), &[begun, data].concat());
            let is_refusal = matches!(end, End::Status(400) | End::Reset(PROTOCOL_ERROR));
            assert!(
                is_refusal,
                "{announced} bytes as {body:?} ended with {end:?}"
            );
        }
    });
}

#[test]
fn what_is_too_much_is_refused() {
    let server = counting().start();
    let value = "b".repeat(3_000);
    let many: Vec<(String, String)> = (0..300).map(|at| (format!("a{at}"), "b".into())).collect();
    let large: Vec<(String, String)> = (0..14)
        .map(|at| (format!("a{at}"), value.clone()))
        .collect();
    let path = "/".to_owned() + &"a".repeat(20_000);
    unseen(&server, || {
        for (more, path, status) in [
            (&many, "/", 431),
            (&large, "/", 431),
            (&Vec::new(), &*path, 414),
        ] {
            let mut fields = vec![METHOD, SCHEME, AUTHORITY, (":path", path)];
            fields.extend(more.iter().map(|(name, value)| (&**name, &**value)));
            let end = sent(server.address(), &in_pieces(&block(&fields)));
            assert_eq!(end, End::Status(status), "{} fields", fields.len());
        }
    });
}

/// A head in a frame and as many continuations as it takes.
fn in_pieces(block: &[u8]) -> Vec<u8> {
    let mut pieces = block.chunks(16_000).peekable();
    let first = pieces.next().unwrap_or_default();
    let is_only = pieces.peek().is_none();
    let flags = END_STREAM | if is_only { END_HEADERS } else { 0 };
    let mut bytes = frame(HEADERS, flags, 1, first);
    while let Some(piece) = pieces.next() {
        let flags = if pieces.peek().is_none() {
            END_HEADERS
        } else {
            0
        };
        bytes.extend(frame(CONTINUATION, flags, 1, piece));
    }
    bytes
}

/// Each ends the connection, and nothing of it is seen.
#[track_caller]
fn all_over(cases: &[(&str, Vec<u8>)]) {
    let server = counting().start();
    unseen(&server, || {
        for (what, bytes) in cases {
            let end = sent(server.address(), bytes);
            let is_over = matches!(end, End::GoAway(1..) | End::Closed);
            assert!(is_over, "{what} ended with {end:?}");
        }
    });
}

/// A head that asks for something with a body to come.
fn open() -> Vec<u8> {
    opened_on(1)
}

fn opened_on(stream: u32) -> Vec<u8> {
    let fields = [POST, SCHEME, AUTHORITY, PATH];
    frame(HEADERS, END_HEADERS, stream, &block(&fields))
}

#[test]
fn heads_that_cannot_be_read_end_the_connection() {
    let whole = block(&head(&[]));
    all_over(&[
        ("data on no stream", frame(DATA, END_STREAM, 0, b"a")),
        ("data on an idle stream", frame(DATA, END_STREAM, 1, b"a")),
        (
            "a head on no stream",
            frame(HEADERS, END_HEADERS, 0, &whole),
        ),
        (
            "a head on a stream of ours",
            frame(HEADERS, END_HEADERS, 2, &whole),
        ),
        (
            "a head that is no HPACK",
            frame(HEADERS, END_HEADERS, 1, &[0xff; 40]),
        ),
        (
            "an index of nothing",
            frame(HEADERS, END_HEADERS, 1, &[0x80]),
        ),
        (
            "an index beyond the table",
            frame(HEADERS, END_HEADERS, 1, &[0xff, 0xff, 0x7f]),
        ),
        (
            "a table too large",
            frame(HEADERS, END_HEADERS, 1, &[0x3f, 0xff, 0xff, 0x7f]),
        ),
        (
            "a head cut in a field",
            frame(HEADERS, END_HEADERS | END_STREAM, 1, &whole[..9]),
        ),
        (
            "padding without end",
            frame(HEADERS, END_HEADERS | PADDED, 1, &[250, 0x82]),
        ),
    ]);
}

#[test]
fn frames_in_the_wrong_place_end_the_connection() {
    let whole = block(&head(&[]));
    all_over(&[
        (
            "a continuation of nothing",
            frame(CONTINUATION, END_HEADERS, 1, &whole),
        ),
        (
            "a head that is interrupted",
            [
                frame(HEADERS, END_STREAM, 1, &whole),
                frame(PING, 0, 0, &[0; 8]),
            ]
            .concat(),
        ),
        (
            "a head continued elsewhere",
            [
                frame(HEADERS, END_STREAM, 1, &whole[..9]),
                frame(CONTINUATION, END_HEADERS, 3, &whole[9..]),
            ]
            .concat(),
        ),
        (
            "a stream before one that was",
            [opened_on(5), opened_on(3)].concat(),
        ),
    ]);
}

#[test]
fn frames_about_the_connection_that_break_it_end_it() {
    all_over(&[
        ("settings on a stream", frame(SETTINGS, 0, 1, &[])),
        ("settings cut short", frame(SETTINGS, 0, 0, &[0; 5])),
        (
            "an acknowledgement with settings",
            frame(SETTINGS, ACK, 0, &[0; 6]),
        ),
        (
            "pushing, perhaps",
            frame(SETTINGS, 0, 0, &[0, 2, 0, 0, 0, 2]),
        ),
        (
            "a window beyond all",
            frame(SETTINGS, 0, 0, &[0, 4, 0xff, 0, 0, 0]),
        ),
        (
            "frames of nothing",
            frame(SETTINGS, 0, 0, &[0, 5, 0, 0, 0, 1]),
        ),
        ("a ping on a stream", frame(PING, 0, 1, &[0; 8])),
        ("a short ping", frame(PING, 0, 0, &[0; 7])),
        ("a reset of no stream", frame(RST_STREAM, 0, 0, &[0; 4])),
        (
            "a reset of an idle stream",
            frame(RST_STREAM, 0, 7, &[0; 4]),
        ),
        (
            "a short reset",
            [open(), frame(RST_STREAM, 0, 1, &[0; 3])].concat(),
        ),
        (
            "a promise from a client",
            [open(), frame(PUSH_PROMISE, END_HEADERS, 1, &[0, 0, 0, 2])].concat(),
        ),
        (
            "a window of no bytes more",
            frame(WINDOW_UPDATE, 0, 0, &[0; 4]),
        ),
        ("a window cut short", frame(WINDOW_UPDATE, 0, 0, &[0; 3])),
        (
            "a window that overflows",
            frame(WINDOW_UPDATE, 0, 0, &[0x7f, 0xff, 0xff, 0xff]),
        ),
        ("a farewell on a stream", frame(GOAWAY, 0, 1, &[0; 8])),
        ("a frame larger than any", frame(DATA, 0, 1, &[0; 17_000])),
    ]);
}

#[test]
fn frames_that_break_a_stream_end_at_least_that() {
    let server = counting().start();
    unseen(&server, || {
        for (what, then) in [
            (
                "a window of no bytes more",
                frame(WINDOW_UPDATE, 0, 1, &[0; 4]),
            ),
            (
                "a window that overflows",
                frame(WINDOW_UPDATE, 0, 1, &[0x7f, 0xff, 0xff, 0xff]),
            ),
            ("a priority cut short", frame(PRIORITY, 0, 1, &[0; 4])),
            (
                "a second head that ends nothing",
                frame(HEADERS, END_HEADERS, 1, &block(&[("a", "b")])),
            ),
            (
                "data padded beyond its end",
                frame(DATA, PADDED, 1, &[9, 1]),
            ),
        ] {
            let end = sent(server.address(), &[open(), then].concat());
            let is_over = matches!(
                end,
                End::Reset(1..) | End::GoAway(1..) | End::Closed | End::Status(400)
            );
            assert!(is_over, "{what} ended with {end:?}");
        }
    });
}

#[test]
fn what_is_no_preface_ends_the_connection() {
    let server = counting().start();
    unseen(&server, || {
        for (what, bytes) in [
            (
                "another end of the preface",
                b"PRI * HTTP/2.0\r\n\r\nSX\r\n\r\n".to_vec(),
            ),
            (
                "HTTP/1 behind it",
                [PREFACE, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"].concat(),
            ),
            ("the preface twice", [PREFACE, PREFACE].concat()),
        ] {
            let end = sent_raw(server.address(), &bytes);
            let is_over = matches!(end, End::GoAway(1..) | End::Closed | End::Status(400 | 505));
            assert!(is_over, "{what} ended with {end:?}");
        }
    });
}

#[test]
fn a_connection_that_is_cut_anywhere_is_not_seen() {
    let server = counting().start();
    let fields = block(&[POST, SCHEME, AUTHORITY, PATH, ("content-length", "3")]);
    let whole = [
        PREFACE,
        &frame(SETTINGS, 0, 0, &[]),
        &frame(HEADERS, END_HEADERS, 1, &fields),
        &frame(DATA, END_STREAM, 1, b"abc"),
    ]
    .concat();
    unseen(&server, || {
        for end in 0..whole.len() {
            let mut client = server.client();
            client.send(&whole[..end]);
            client.finish();
            let _ = client.rest();
        }
    });
}
