//! Fields of requests, and what is written down of them.

use http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::access_log::escape;
use crate::request::id::RequestIds;

pub(super) const REQUEST_ID_SEEDS: &[&[u8]] = &[
    b"x-request-id: 7f3c-abc\n",
    b"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\n",
    b"x-request-id: a\nx-request-id: b\n",
    b"x-request-id: \"}\ntraceparent: 00-\n",
];

pub(super) const LOG_SEEDS: &[&[u8]] = &[
    b"plain",
    b"\"}\n{\"a\":\"",
    b"\x1b[2J\x00\x7f\xff\xc3\xa9\xe2\x80\xa8\\",
];

/// Whatever proxies say, a request has a name that fits into a line of a log.
pub(super) fn request_id(bytes: &[u8]) {
    let headers = headers_of(bytes);
    for is_trusted in [false, true] {
        let id = RequestIds::default().of(&headers, is_trusted);
        let text = id.as_str();
        assert!(!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()));
        assert!(!text.contains(['"', '\\']), "{text:?}");
        assert_eq!(id.value(), text);
    }
}

/// Nothing of it ends its string or its line, or is a command to a terminal.
pub(super) fn log(bytes: &[u8]) {
    let mut json = Vec::new();
    escape::json(bytes, &mut json);
    let mut combined = Vec::new();
    escape::combined(bytes, &mut combined);
    assert!(combined.is_ascii());
    let text = std::str::from_utf8(&json).expect("JSON is UTF-8");
    for line in [text.as_bytes(), &combined] {
        assert!(!line.iter().any(|byte| byte.is_ascii_control()), "{line:?}");
        let mut rest = line.iter();
        while let Some(byte) = rest.next() {
            assert_ne!(*byte, b'"', "{line:?} ends its string");
            if *byte == b'\\' {
                assert!(rest.next().is_some(), "{line:?} escapes what follows");
            }
        }
    }
}

fn headers_of(bytes: &[u8]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for line in bytes.split(|&byte| byte == b'\n') {
        let Some(colon) = memchr::memchr(b':', line) else {
            continue;
        };
        let name = HeaderName::from_bytes(&line[..colon]);
        let value = HeaderValue::from_bytes(line[colon + 1..].trim_ascii());
        if let (Ok(name), Ok(value)) = (name, value) {
            headers.append(name, value);
        }
    }
    headers
}
