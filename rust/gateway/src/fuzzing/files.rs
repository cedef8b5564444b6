//! What clients say about the version and the parts of a file, and PHP about which it is.

use std::time::{Duration, UNIX_EPOCH};

use http::header::{
    HeaderMap, HeaderName, HeaderValue, IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE,
    IF_UNMODIFIED_SINCE,
};

use crate::files::{self, Validators, Verdict, Wanted};

pub(super) const RANGE_SEEDS: &[&[u8]] = &[
    b"bytes=0-",
    b"bytes=0-0, 5-9 ,-3",
    b"bytes=18446744073709551615-,-18446744073709551616",
    b"Bytes=9-5",
    b"items=1-2",
];

pub(super) const CONDITION_SEEDS: &[&[u8]] = &[
    b"\"a,b\", W/\"5f-1\"\n*\n\"5f-1\"",
    b"Sun, 06 Nov 1994 08:49:37 GMT\nSunday, 06-Nov-94 08:49:37 GMT",
    b"W/\"\n\"x\n,,,",
];

pub(super) const NAMED_SEEDS: &[&[u8]] = &[b"/files/a%20b?c", b"/%2e%2e/%00%ff", b"relative"];

/// No part leaves the file, and all together are no more than it.
pub(super) fn range(bytes: &[u8]) {
    for length in [0, 1, 100, u64::MAX] {
        let spans = match files::wanted(bytes, length) {
            Wanted::Everything | Wanted::Nothing => vec![],
            Wanted::One(span) => vec![span],
            Wanted::Several(spans) => {
                assert!(spans.len() > 1);
                spans
            }
        };
        let asked: u128 = spans.iter().map(|span| u128::from(span.bytes)).sum();
        assert!(asked <= u128::from(length), "{asked} of {length}");
        for span in spans {
            assert!(span.bytes > 0 && span.end() <= length, "{span:?}");
        }
    }
}

/// Without a condition that names another version the file is sent or not modified.
pub(super) fn conditions(bytes: &[u8]) {
    let etag = HeaderValue::from_static("\"5f-1\"");
    let last_modified = HeaderValue::from_static("Sun, 06 Nov 1994 08:49:37 GMT");
    let validators = Validators {
        etag: Some(&etag),
        last_modified: Some(&last_modified),
    };
    let lines: Vec<_> = bytes.split(|&byte| byte == b'\n').collect();
    let fields = |names: &[HeaderName]| -> HeaderMap {
        let pairs = names.iter().cycle().cloned().zip(&lines);
        let pairs =
            pairs.filter_map(|(name, line)| Some((name, HeaderValue::from_bytes(line).ok()?)));
        pairs.collect()
    };
    let soft = files::judge(&fields(&[IF_NONE_MATCH, IF_MODIFIED_SINCE]), validators);
    assert_ne!(soft, Verdict::Failed);
    let hard = files::judge(&fields(&[IF_MATCH, IF_UNMODIFIED_SINCE]), validators);
    assert_ne!(hard, Verdict::NotModified);
    let now = UNIX_EPOCH + Duration::from_secs(2_000_000_000);
    files::range_fits(&fields(&[IF_RANGE]), validators, now);
}

/// Whatever PHP has named, no client sees it.
pub(super) fn named(bytes: &[u8]) {
    for field in ["x-sendfile", "x-accel-redirect"] {
        let Ok(value) = HeaderValue::from_bytes(bytes) else {
            return;
        };
        let mut headers = HeaderMap::new();
        headers.append(field, value.clone());
        headers.append(field, value);
        assert!(files::take_named(&mut headers).is_some());
        assert!(headers.is_empty());
    }
}
