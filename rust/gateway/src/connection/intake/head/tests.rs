use super::*;

const LIMITS: HeadLimits = HeadLimits {
    head_bytes: 400,
    head_fields: 5,
    request_line_bytes: 100,
};

fn judge(head: &str) -> Result<Option<(usize, BodyFraming)>, HeadFault> {
    HeadScan::default().scan(head.as_bytes(), &LIMITS)
}

#[track_caller]
fn refused(head: &str) -> HeadFault {
    match judge(head) {
        Err(fault) => fault,
        other => panic!("{head:?} gave {other:?}"),
    }
}

#[track_caller]
fn accepted(head: &str) -> BodyFraming {
    match judge(head) {
        Ok(Some((bytes, framing))) => {
            assert_eq!(bytes, head.len());
            framing
        }
        other => panic!("{head:?} gave {other:?}"),
    }
}

fn with_fields(fields: &str) -> String {
    format!("POST /a HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

#[test]
fn ordinary_heads_pass_with_their_framing() {
    for (fields, framing) in [
        ("", BodyFraming::Sized(0)),
        ("Content-Length: 0\r\n", BodyFraming::Sized(0)),
        ("content-length:12\r\n", BodyFraming::Sized(12)),
        (
            "Content-Length: 7\r\nContent-Length: 7\r\n",
            BodyFraming::Sized(7),
        ),
        ("Transfer-Encoding: chunked\r\n", BodyFraming::Chunked),
        ("transfer-encoding:\tCHUNKED \r\n", BodyFraming::Chunked),
    ] {
        assert_eq!(accepted(&with_fields(fields)), framing, "{fields:?}");
    }
}

#[test]
fn every_form_of_target_that_makes_sense_passes() {
    for line in [
        "GET / HTTP/1.1",
        "GET /a%20b?c[]=d&e={f|g} HTTP/1.1",
        "GET /é HTTP/1.1",
        "GET //host/path HTTP/1.1",
        "GET http://example.org HTTP/1.1",
        "GET HTTPS://example.org:8443/a?b HTTP/1.1",
        "GET http://[::1]:80/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "M-SEARCH / HTTP/1.1",
    ] {
        accepted(&format!("{line}\r\nHost: a\r\n\r\n"));
    }
}

#[test]
fn request_lines_that_make_no_sense_are_refused() {
    for (line, fault) in [
        ("GET /", HeadFault::RequestLine),
        ("GET  / HTTP/1.1", HeadFault::RequestLine),
        ("GET / HTTP/1.1 ", HeadFault::RequestLine),
        ("GET / http/1.1", HeadFault::RequestLine),
        ("GET /a b HTTP/1.1", HeadFault::RequestLine),
        ("G(T / HTTP/1.1", HeadFault::RequestLine),
        (" / HTTP/1.1", HeadFault::RequestLine),
        ("GET / HTTP/2.0", HeadFault::Version),
        ("GET / HTTP/0.9", HeadFault::Version),
        ("PRI * HTTP/2.0", HeadFault::Version),
        ("GET * HTTP/1.1", HeadFault::Target),
        ("GET a HTTP/1.1", HeadFault::Target),
        ("GET /a#b HTTP/1.1", HeadFault::Target),
        ("GET /<script> HTTP/1.1", HeadFault::Target),
        ("GET /a\tb HTTP/1.1", HeadFault::Target),
        ("GET ftp://a/ HTTP/1.1", HeadFault::Target),
        ("GET http:///a HTTP/1.1", HeadFault::Target),
        ("GET http://me@a/ HTTP/1.1", HeadFault::Target),
        ("CONNECT a:80 HTTP/1.1", HeadFault::Connect),
    ] {
        assert_eq!(
            refused(&format!("{line}\r\nHost: a\r\n\r\n")),
            fault,
            "{line:?}"
        );
    }
}

#[test]
fn smuggling_vectors_are_refused() {
    for (fields, fault) in [
        (
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
            HeadFault::LengthAndChunked,
        ),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
            HeadFault::LengthAndChunked,
        ),
        (
            "Content-Length: 5\r\nContent-Length: 6\r\n",
            HeadFault::LengthsDiffer,
        ),
        ("Content-Length: 5, 5\r\n", HeadFault::Length),
        ("Content-Length: +5\r\n", HeadFault::Length),
        ("Content-Length: -1\r\n", HeadFault::Length),
        ("Content-Length: 0x5\r\n", HeadFault::Length),
        ("Content-Length:\r\n", HeadFault::Length),
        (
            "Content-Length: 18446744073709551616\r\n",
            HeadFault::Length,
        ),
        ("Transfer-Encoding : chunked\r\n", HeadFault::Field),
        ("Transfer-Encoding\t: chunked\r\n", HeadFault::Field),
        (": a\r\n", HeadFault::Field),
        ("nonsense\r\n", HeadFault::Field),
        ("A: b\r\n c\r\n", HeadFault::Folded),
        ("A: b\r\n\tc\r\n", HeadFault::Folded),
        (
            "A: b\nTransfer-Encoding: chunked\r\n",
            HeadFault::BareLineFeed,
        ),
        ("Host: b\r\n", HeadFault::HostRepeated),
    ] {
        assert_eq!(refused(&with_fields(fields)), fault, "{fields:?}");
    }
}

#[test]
fn codings_that_leave_the_end_of_a_body_open_are_refused() {
    for (fields, fault) in [
        (
            "Transfer-Encoding: gzip, chunked\r\n",
            HeadFault::UnknownCoding,
        ),
        (
            "Transfer-Encoding: gzip\r\nTransfer-Encoding:chunked\r\n",
            HeadFault::UnknownCoding,
        ),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: gzip\r\n",
            HeadFault::TransferCoding,
        ),
        (
            "Transfer-Encoding: chunked, gzip, chunked\r\n",
            HeadFault::TransferCoding,
        ),
        ("Transfer-Encoding: gzip\r\n", HeadFault::TransferCoding),
        (
            "Transfer-Encoding: , chunked\r\n",
            HeadFault::TransferCoding,
        ),
        (
            "Transfer-Encoding: \u{b}chunked\r\n",
            HeadFault::TransferCoding,
        ),
        (
            "Transfer-Encoding: chun\rked\r\n",
            HeadFault::TransferCoding,
        ),
        (
            "Transfer-Encoding: chunked, identity\r\n",
            HeadFault::TransferCoding,
        ),
        ("Transfer-Encoding: xchunked\r\n", HeadFault::TransferCoding),
        ("Transfer-Encoding: \r\n", HeadFault::TransferCoding),
        (
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
            HeadFault::TransferCoding,
        ),
    ] {
        assert_eq!(refused(&with_fields(fields)), fault, "{fields:?}");
    }
}

#[test]
fn the_host_must_be_one_and_plain() {
    for (head, fault) in [
        ("GET / HTTP/1.1\r\n\r\n", HeadFault::HostMissing),
        ("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", HeadFault::Host),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", HeadFault::Host),
        ("GET / HTTP/1.1\r\nHost: me@a\r\n\r\n", HeadFault::Host),
        ("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", HeadFault::Host),
        (
            "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n",
            HeadFault::TransferCoding,
        ),
    ] {
        assert_eq!(refused(head), fault, "{head:?}");
    }
    accepted("GET / HTTP/1.0\r\n\r\n");
}

#[test]
fn a_host_is_a_name_or_an_address_and_a_port() {
    for host in [
        "",
        "a",
        "a.example.",
        "A_b-c.example:80",
        "a:",
        "10.0.0.1:65535",
        "[::1]",
        "[2001:DB8::1]:8000",
        "[::ffff:10.0.0.1]",
    ] {
        accepted(&format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n"));
    }
    for host in [
        ":80", "a:b", "a:80:80", "a:-1", "a:800000", "::1", "[::1", "[]", "[a]", "[::1]a",
        "[::1]:a", "a[::1]", "[::1]]", "a]", "%61", "a%00", "a\\b", "a?b", "a#b", "é",
    ] {
        let head = format!("GET / HTTP/1.1\r\nHost: {host}\r\n\r\n");
        assert_eq!(refused(&head), HeadFault::Host, "{host}");
    }
}

#[test]
fn limits_are_exact_and_named() {
    let line = |bytes: usize| format!("GET /{} HTTP/1.1\r\n", "a".repeat(bytes - 16));
    assert_eq!(line(100).len(), 100);
    accepted(&format!("{}Host: a\r\n\r\n", line(100)));
    let too_long = HeadFault::RequestLineTooLong { limit: 100 };
    assert_eq!(refused(&line(101)), too_long);
    assert_eq!(refused(&"a".repeat(101)), too_long);

    let fields = |count: usize| with_fields(&"A: b\r\n".repeat(count));
    accepted(&fields(4));
    assert_eq!(refused(&fields(5)), HeadFault::TooManyFields { limit: 5 });

    let head = |bytes: usize| with_fields(&format!("A: {}\r\n", "b".repeat(bytes - 34)));
    assert_eq!(head(400).len(), 400);
    accepted(&head(400));
    let too_large = HeadFault::TooLarge { limit: 400 };
    assert_eq!(refused(&head(401)), too_large);
    assert_eq!(refused(&head(401)[..401]), too_large);
}

#[test]
fn a_head_that_arrives_byte_by_byte_is_the_same_head() {
    let head = with_fields("A: b\r\nContent-Length: 3\r\n");
    let mut scan = HeadScan::default();
    for end in 1..head.len() {
        assert_eq!(
            scan.scan(&head.as_bytes()[..end], &LIMITS),
            Ok(None),
            "{end}"
        );
    }
    let ended = scan.scan(format!("{head}abc").as_bytes(), &LIMITS);
    assert_eq!(ended, Ok(Some((head.len(), BodyFraming::Sized(3)))));
}

#[test]
fn a_few_blank_lines_may_come_before() {
    accepted(&format!("\r\n\r\n{}", with_fields("")));
    assert_eq!(refused(&"\r\n".repeat(5)), HeadFault::RequestLine);
}
