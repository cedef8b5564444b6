//! What clients say about content codings, and PHP about types.

use http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};

use crate::compression::{Acceptance, Coding, MediaRange};

pub(super) const ACCEPT_SEEDS: &[&[u8]] = &[
    b"gzip, deflate, br, zstd",
    b"br;q=1.0, gzip;q=0.8, *;q=0.1",
    b"identity;q=1, *;q=0",
    b"x-gzip ; Q=0.001\nzstd;q=1.000",
    b"gzip;q=2, br;q=, zstd;;q=0.5,,",
];

pub(super) const MEDIA_SEEDS: &[&[u8]] = &[
    b"text/*\ntext/html; charset=utf-8",
    b"application/*+json\napplication/problem+json",
    b"text/event-stream\ntext/event-stream",
    b"*/*\n/;/",
];

/// The best is offered and liked, and nobody gets what it has refused.
pub(super) fn accept(bytes: &[u8]) {
    let fields = |first: Option<&'static str>| {
        let first = first.map(HeaderValue::from_static);
        let lines = bytes.split(|&byte| byte == b'\n');
        let lines = lines.filter_map(|line| HeaderValue::from_bytes(line).ok());
        let fields = first.into_iter().chain(lines);
        let fields: HeaderMap = fields.map(|value| (ACCEPT_ENCODING, value)).collect();
        Acceptance::of(&fields)
    };
    let accepted = fields(None);
    let weights = Coding::ALL.map(|coding| accepted.weight(coding));
    assert!(weights.iter().all(|&weight| weight <= 1000), "{weights:?}");
    let most = weights.into_iter().max().unwrap_or(0);
    match accepted.best(Coding::ALL) {
        Some(best) => assert_eq!(accepted.weight(best), most),
        None => assert_eq!(most, 0),
    }
    let refusing = fields(Some("zstd;q=0, br;q=0, gzip;q=0"));
    assert_eq!(refusing.best(Coding::ALL), None);
}

/// A range reads back as it is written, and has event streams by name only.
pub(super) fn media(bytes: &[u8]) {
    let (range, content_type) = match memchr::memchr(b'\n', bytes) {
        Some(end) => (&bytes[..end], &bytes[end + 1..]),
        None => (bytes, &b""[..]),
    };
    let text = String::from_utf8_lossy(range);
    let Ok(range) = text.parse::<MediaRange>() else {
        return;
    };
    let written = range.to_string();
    assert_eq!(written.parse(), Ok(range.clone()));
    let has_events = range.has(b"text/event-stream");
    assert_eq!(has_events, written == "text/event-stream");
    let _ = range.has(content_type);
}
