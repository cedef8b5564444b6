//! What clients of HTTP/2 send, as far as we look at it ourselves.

use std::time::Duration;

use http::{Request, Uri};
use tokio::time::Instant;

use super::step_of;
use crate::connection::http2::head::judge;
use crate::connection::http2::meter::Meter;
use crate::connection::intake::head::HeadLimits;

/// The first byte of each says in how many pieces it arrives.
pub(super) const FRAMES_SEEDS: &[&[u8]] = &[
    b"\x05PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0\0\0\x08\x06\0\0\0\0\x0012345678",
    b"\x01PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x01\x01\x01\0\0\0\x01\x82\0\0\x01\x09\x04\0\0\0\x01\x84",
    b"\xffPRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\x04\x03\0\0\0\0\x01\0\0\0\x08\0\0\x02\0\x01\0\0\0\x01ab",
];

/// A method, a URI and then fields, one a line.
pub(super) const HEAD_SEEDS: &[&[u8]] = &[
    b"GET\nhttps://a.example:81/b?c=d\nhost: a.example:81\nte: trailers",
    b"OPTIONS\n*\nhost: a",
    b"POST\nhttp://[::1]/\ncontent-length: 3\ncontent-length: 4\ncookie: a=1\ncookie: b=2",
    b"GET\n/\nhost: a\nhost: b\nx:  y",
    b"CONNECT\na:80\n",
];

const LIMITS: HeadLimits = HeadLimits {
    head_bytes: 512,
    head_fields: 8,
    request_line_bytes: 128,
};

/// The same frames are counted, whatever pieces they come in.
pub(super) fn frames(bytes: &[u8]) {
    let Some((step, input)) = step_of(bytes) else {
        return;
    };
    let whole = metered(input, input.len().max(1));
    assert_eq!(metered(input, step), whole, "pieces of {step}");
}

/// Whether the client is bounded, and since when a header block has been coming, if one is. Time
/// stands still within a second, so that no allowance comes with it.
fn metered(input: &[u8], step: usize) -> (bool, bool) {
    let now = Instant::now();
    let mut meter = Meter::new(now);
    let mut pieces = input.chunks(step);
    let flooded = pieces.any(|piece| {
        meter
            .receive(piece, now + Duration::from_millis(1))
            .is_err()
    });
    (flooded, !flooded && meter.block_since().is_some())
}

/// A request that passes names one host, which is no markup and no path, and has a path.
pub(super) fn head(bytes: &[u8]) {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let (method, uri) = (lines.next().unwrap_or_default(), lines.next());
    let Ok(uri) = Uri::try_from(uri.unwrap_or_default()) else {
        return;
    };
    let mut request = Request::builder().method(method).uri(uri);
    for line in lines {
        if let Some(colon) = memchr::memchr(b':', line) {
            request = request.header(&line[..colon], &line[colon + 1..]);
        }
    }
    let Ok(request) = request.body(()) else {
        return;
    };
    let (head, ()) = request.into_parts();
    if judge(&head, LIMITS).is_err() {
        return;
    }
    let authority = head.uri.authority().map(|host| host.as_str().as_bytes());
    let host = head.headers.get("host").map(http::HeaderValue::as_bytes);
    let name = authority.or(host).expect("a request has a host");
    assert!(!name.iter().any(|byte| b"/@<> \"'?#\\".contains(byte)));
    assert!(matches!(head.uri.path().as_bytes(), [b'/', ..] | b"*"));
    assert!(head.headers.get_all("host").iter().count() <= 1);
}
