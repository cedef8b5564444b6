use http::Request;

use super::*;

const LIMITS: HeadLimits = HeadLimits {
    head_bytes: 400,
    head_fields: 5,
    request_line_bytes: 100,
};

/// What is said about a request with this method, URI (as h2 puts it together) and fields.
fn judged(method: &str, uri: &str, fields: &[(&str, &str)]) -> Result<(), HeadFault> {
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in fields {
        request = request.header(*name, *value);
    }
    let (head, ()) = request.body(()).expect("a request").into_parts();
    judge(&head, LIMITS)
}

#[test]
fn ordinary_requests_pass() {
    for (method, uri, fields) in [
        ("GET", "http://a/", &[][..]),
        ("GET", "https://a.example:81/b%20c?d[]=e", &[]),
        ("POST", "http://[::1]:80/", &[("content-length", "3")]),
        ("OPTIONS", "*", &[("host", "a")]),
        ("GET", "/b", &[("host", "a")]),
        ("GET", "http://a/", &[("host", "A")]),
        ("GET", "http://a/", &[("te", "trailers"), ("x", "a b")]),
        (
            "POST",
            "http://a/",
            &[("content-length", "3"), ("content-length", "3")],
        ),
    ] {
        assert_eq!(
            judged(method, uri, fields),
            Ok(()),
            "{method} {uri} {fields:?}"
        );
    }
}

#[test]
fn every_rule_that_a_head_breaks_is_named() {
    let long = "b".repeat(100);
    let too_long = HeadFault::RequestLineTooLong { limit: 100 };
    for (method, uri, fields, fault) in [
        ("CONNECT", "a:80", &[][..], HeadFault::Connect),
        ("GET", &format!("http://a/{long}")[..], &[], too_long),
        ("GET", "ftp://a/", &[], HeadFault::Target),
        ("GET", "*", &[("host", "a")], HeadFault::Target),
        ("GET", "/", &[], HeadFault::HostMissing),
        (
            "GET",
            "/",
            &[("host", "a"), ("host", "a")],
            HeadFault::HostRepeated,
        ),
        ("GET", "/", &[("host", "a/b")], HeadFault::Host),
        ("GET", "http://user@a/", &[], HeadFault::Host),
        ("GET", "http://a/", &[("host", "b")], HeadFault::HostsDiffer),
        (
            "GET",
            "http://a/",
            &[("host", "a:80")],
            HeadFault::HostsDiffer,
        ),
        ("GET", "http://a/", &[("x", " a")], HeadFault::Field),
        ("GET", "http://a/", &[("x", "a\t")], HeadFault::Field),
        (
            "GET",
            "http://a/",
            &[("content-length", "+3")],
            HeadFault::Length,
        ),
        (
            "GET",
            "http://a/",
            &[("content-length", "3, 3")],
            HeadFault::Length,
        ),
        (
            "GET",
            "http://a/",
            &[("content-length", "3"), ("content-length", "4")],
            HeadFault::LengthsDiffer,
        ),
    ] {
        assert_eq!(
            judged(method, uri, fields),
            Err(fault),
            "{method} {uri} {fields:?}"
        );
    }
}

#[test]
fn a_head_is_as_large_as_it_would_be_in_http_1() {
    // "GET / HTTP/1.1", "host: a", "x: ...", each with the end of its line.
    let room = 400 - 16 - 9 - 5;
    let fits = "b".repeat(room);
    assert_eq!(judged("GET", "http://a/", &[("x", &fits)]), Ok(()));
    let large = "b".repeat(room + 1);
    assert_eq!(
        judged("GET", "http://a/", &[("x", &large)]),
        Err(HeadFault::TooLarge { limit: 400 })
    );
}

#[test]
fn cookies_in_fields_of_their_own_are_one_field() {
    let cookies = [("cookie", "a=1"); 20];
    assert_eq!(judged("GET", "http://a/", &cookies), Ok(()));
    let others = [("x", "1"); 6];
    assert_eq!(
        judged("GET", "http://a/", &others),
        Err(HeadFault::TooManyFields { limit: 5 })
    );
}
