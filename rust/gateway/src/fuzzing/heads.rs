//! Heads that a worker writes, and what a client is known by.

use std::hash::RandomState;
use std::net::Ipv4Addr;

use askr_exchange::ReplyHead;
use http::Request;

use crate::client::{Addresses, Client};
use crate::connection::intake::interim;
use crate::limiter::bucket_key::Keys;
use crate::limiter::{Candidate, LimitKey};
use crate::reply::head::{decode, interim as interim_of};
use crate::request::subject::Subject;

pub(super) const REPLY_SEEDS: &[&[u8]] = &[
    b"200\nContent-Type: text/html\nContent-Length: 5\n",
    b"103\nLink: </a.css>; rel=preload\n",
    b"304\nContent-Type: \nConnection: close\nTransfer-Encoding: chunked\n",
    b"101\nUpgrade: x\n",
    b"999\n: a\n a: b\nA\rB: c\n",
    b"0\nContent-Length: -1\nContent-Length: 18446744073709551616\n",
];

pub(super) const LIMIT_KEY_SEEDS: &[&[u8]] = &[
    b"address\n",
    b"header:x-api-key\nX-Api-Key: secret\n",
    b"cookie:a\nCookie: a=1; b=2; a[0]=3\n",
    b"cookie:a_b\nCookie: a.b=%20; =; a b=c\n",
];

/// A status and lines, as a worker encodes them: what it writes is its own, too.
fn encoded(bytes: &[u8]) -> Vec<u8> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let status = std::str::from_utf8(lines.next().unwrap_or_default());
    let headers = lines.filter_map(|line| {
        let colon = memchr::memchr(b':', line)?;
        Some((&line[..colon], line[colon + 1..].trim_ascii()))
    });
    let head = ReplyHead {
        status: status.ok().and_then(|text| text.parse().ok()).unwrap_or(0),
        headers: headers.collect(),
    };
    let mut out = Vec::new();
    head.encode(&mut out);
    out
}

/// Whatever a worker writes, a client is told nothing about the connection by it.
pub(super) fn reply(bytes: &[u8]) {
    let _raw = decode(bytes.to_vec().into(), &Subject::of_nothing());
    let Ok(head) = decode(encoded(bytes).into(), &Subject::of_nothing()) else {
        return;
    };
    for name in [
        "connection",
        "transfer-encoding",
        "upgrade",
        "content-length",
    ] {
        assert!(!head.headers.contains_key(name), "{name} passed");
    }
}

/// An interim reply is one head and nothing behind it.
pub(super) fn interim(bytes: &[u8]) {
    let Ok(reply) = interim_of(encoded(bytes), &Subject::of_nothing()) else {
        return;
    };
    let mut text = Vec::new();
    interim::write(&reply, &mut text);
    assert!(text.starts_with(b"HTTP/1.1 1") && text.ends_with(b"\r\n\r\n"));
    let ends = text.windows(4).filter(|four| four == b"\r\n\r\n").count();
    assert_eq!(ends, 1, "more than one head in {text:?}");
    let feeds = memchr::memchr_iter(b'\n', &text).filter(|&at| text[at - 1] != b'\r');
    assert_eq!(feeds.count(), 0, "a bare line feed in {text:?}");
}

/// Any key that can be configured has a bucket for any request.
pub(super) fn limit_key(bytes: &[u8]) {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let text = std::str::from_utf8(lines.next().unwrap_or_default());
    let Ok(key) = text.unwrap_or_default().parse::<LimitKey>() else {
        return;
    };
    assert_eq!(key.to_string().parse(), Ok(key.clone()));
    let mut request = Request::builder().uri("/");
    for line in lines {
        if let Some(colon) = memchr::memchr(b':', line) {
            request = request.header(&line[..colon], line[colon + 1..].trim_ascii());
        }
    }
    let Ok(request) = request.body(()) else {
        return;
    };
    let (head, ()) = request.into_parts();
    let end = (Ipv4Addr::LOCALHOST, 1).into();
    let addresses = Addresses::new(end, end);
    let candidate = Candidate {
        head: &head,
        client: &Client::new(&addresses, false, None, &head),
        is_for_php: true,
    };
    let keys = Keys::new(RandomState::new());
    assert_eq!(keys.of(7, &key, &candidate), keys.of(7, &key, &candidate));
}
