//! A head that HTTP/2 lets through is one that HTTP/1 lets through as well.

use http::Request;
use http::header::{CONNECTION, HOST, TE, TRANSFER_ENCODING, UPGRADE};

use crate::connection::http2::head::judge;
use crate::connection::intake::head::{HeadLimits, HeadScan};

/// Method, target, authority, then fields.
pub(super) const SEEDS: &[&[u8]] = &[
    b"GET\n/\na\nx: y\n",
    b"POST\n/a?b=c%20d\n[::1]:80\nhost: [::1]:80\ncontent-length: 3\n",
    b"OPTIONS\n*\na.example\n",
    b"GET\n*\na\n",
    b"CONNECT\n/\na:80\n",
    b"GET\n/\na_b-c:\ncookie: a=b\ncookie: c=d\n",
    b"PUT\n/{\"a\"}|b^`\na\ncontent-length: 18446744073709551615\n",
];

/// Wide enough that the versions cannot differ by what they count.
const LIMITS: HeadLimits = HeadLimits {
    head_bytes: 1 << 20,
    head_fields: 1 << 12,
    request_line_bytes: 1 << 20,
};

pub(super) fn same(bytes: &[u8]) {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let mut text = || std::str::from_utf8(lines.next().unwrap_or_default()).unwrap_or_default();
    let (method, target, authority) = (text(), text(), text());
    let uri = http::Uri::builder()
        .scheme("http")
        .authority(authority)
        .path_and_query(target);
    let Ok(uri) = uri.build() else {
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
    let (mut head, ()) = request.into_parts();
    // h2 has refused them, or a body of another length than announced.
    for name in [CONNECTION, TE, TRANSFER_ENCODING, UPGRADE] {
        head.headers.remove(name);
    }
    if judge(&head, LIMITS).is_err() {
        return;
    }
    let old = as_old(&head);
    let scanned = HeadScan::default().scan(&old, &LIMITS);
    let shown = String::from_utf8_lossy(&old);
    assert!(matches!(scanned, Ok(Some(_))), "{scanned:?} of {shown}");
}

fn as_old(head: &http::request::Parts) -> Vec<u8> {
    let authority = head.uri.authority().map_or("", |host| host.as_str());
    let target = head
        .uri
        .path_and_query()
        .map_or("", |target| target.as_str());
    let mut old =
        format!("{} {target} HTTP/1.1\r\nHost: {authority}\r\n", head.method).into_bytes();
    for (name, value) in head.headers.iter().filter(|(name, _)| *name != HOST) {
        for part in [name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"] {
            old.extend_from_slice(part);
        }
    }
    old.extend_from_slice(b"\r\n");
    old
}
