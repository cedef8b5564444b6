//! Names requests, so that log lines about the same one can be put together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use http::header::{HeaderMap, HeaderValue};

use crate::reply::own_fields::REQUEST_ID;

/// What a request is called, by us or by a proxy.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum RequestId {
    /// 16 hex digits that no other request of this or another server is likely to have.
    Made([u8; DIGITS]),
    /// Checked to be a short word of letters, digits and the like.
    Given(HeaderValue),
}

/// Makes request ids.
///
/// The standard library's keyed hash over a count: its key is random, made once by the operating
/// system, so an id costs no system call and two servers do not make the same ones.
#[derive(Debug, Default)]
pub(crate) struct RequestIds {
    key: RandomState,
    made: AtomicU64,
}

impl RequestIds {
    /// The id in `headers` if the proxy that they came from is trusted, else a new one.
    ///
    /// That is the value of `X-Request-Id`, or else the trace of `traceparent` (W3C Trace Context),
    /// if it looks like one and is the only one.
    pub(crate) fn of(&self, headers: &HeaderMap, is_trusted: bool) -> RequestId {
        let given = is_trusted.then(|| given(headers)).flatten();
        given.map_or_else(|| self.next(), RequestId::Given)
    }

    pub(crate) fn next(&self) -> RequestId {
        let number = self.key.hash_one(self.made.fetch_add(1, Relaxed));
        let mut digits = [0; DIGITS];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        RequestId::Made(digits)
    }
}

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        match self {
            RequestId::Made(digits) => std::str::from_utf8(digits).expect("hex digits are text"),
            RequestId::Given(value) => value.to_str().expect("it was checked to be plain"),
        }
    }

    /// As a field of the reply.
    pub(crate) fn value(&self) -> HeaderValue {
        match self {
            RequestId::Made(digits) => HeaderValue::from_bytes(digits).expect("digits are plain"),
            RequestId::Given(value) => value.clone(),
        }
    }
}

fn given(headers: &HeaderMap) -> Option<HeaderValue> {
    let named = only(headers, REQUEST_ID).filter(|value| is_a_name(value.as_bytes()));
    named.cloned().or_else(|| {
        let parent = only(headers, TRACEPARENT)?;
        HeaderValue::from_bytes(trace_of(parent.as_bytes())?).ok()
    })
}

fn only<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    first.filter(|_| values.next().is_none())
}

/// Nothing that would need an escape in a log, a header or a URL.
fn is_a_name(value: &[u8]) -> bool {
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.:+/=@~".contains(byte);
    (1..=NAME_BYTES_MAX).contains(&value.len()) && value.iter().all(is_plain)
}

/// The trace id of `VERSION-TRACE-PARENT-FLAGS`. Later versions may go on after the flags.
fn trace_of(parent: &[u8]) -> Option<&[u8]> {
    let hex = |from: usize, to: usize| {
        let part = parent.get(from..to)?;
        let is_hex = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        part.iter().all(is_hex).then_some(part)
    };
    let (version, trace, span) = (hex(0, 2)?, hex(3, 35)?, hex(36, 52)?);
    hex(53, 55)?;
    let dashes = [2, 35, 52].iter().all(|&at| parent[at] == b'-');
    let is_known = match version {
        b"ff" => false,
        b"00" => parent.len() == 55,
        _ => parent.len() == 55 || parent[55] == b'-',
    };
    let is_zero = |part: &[u8]| part.iter().all(|&byte| byte == b'0');
    (dashes && is_known && !is_zero(trace) && !is_zero(span)).then_some(trace)
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

impl fmt::Debug for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

const DIGITS: usize = 16;

const NAME_BYTES_MAX: usize = 128;

const TRACEPARENT: &str = "traceparent";

const HEX: &[u8; 16] = b"0123456789abcdef";

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn ids_are_sixteen_hex_digits_and_differ_within_and_between_servers() {
        let servers = [RequestIds::default(), RequestIds::default()];
        let ids = servers
            .iter()
            .flat_map(|ids| (0..1000).map(|_| ids.next().to_string()));
        let ids: HashSet<String> = ids.collect();

        assert_eq!(ids.len(), 2000);
        let is_hex = |id: &String| id.len() == 16 && u64::from_str_radix(id, 16).is_ok();
        assert!(ids.iter().all(is_hex));
    }

    /// What becomes of a request with these fields: the id that a trusted proxy gave it.
    fn trusted(fields: &[(&'static str, &str)]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        let ids = RequestIds::default();
        assert!(matches!(ids.of(&headers, false), RequestId::Made(_)));
        match ids.of(&headers, true) {
            RequestId::Made(_) => None,
            given => Some(given.to_string()),
        }
    }

    const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

    #[test]
    fn a_trusted_proxy_gives_the_id_or_the_trace() {
        assert_eq!(trusted(&[]), None);
        let id = "f058ebd6-02f7-4d3f_9.a:b+c/d=@~";
        assert_eq!(trusted(&[("x-request-id", id)]).as_deref(), Some(id));
        assert_eq!(trusted(&[("traceparent", PARENT)]).as_deref(), Some(TRACE));
        let both = [("traceparent", PARENT), ("x-request-id", "mine")];
        assert_eq!(trusted(&both).as_deref(), Some("mine"));
        let later = format!("cc{}-what-comes-then", &PARENT[2..]);
        assert_eq!(trusted(&[("traceparent", &later)]).as_deref(), Some(TRACE));
    }

    #[test]
    fn what_is_no_id_or_not_the_only_one_is_passed_over() {
        let long = "a".repeat(NAME_BYTES_MAX + 1);
        for id in ["", "two words", "a\"b", "a,b", "<script>", "a\\", &long] {
            assert_eq!(trusted(&[("x-request-id", id)]), None, "{id}");
            let beside = [("x-request-id", id), ("traceparent", PARENT)];
            assert_eq!(trusted(&beside).as_deref(), Some(TRACE), "{id}");
        }
        assert_eq!(
            trusted(&[("x-request-id", "a"), ("x-request-id", "b")]),
            None
        );
        let upper = PARENT.to_uppercase();
        let longer = format!("{PARENT}-00");
        let version = format!("ff{}", &PARENT[2..]);
        let no_trace = PARENT.replace(TRACE, &"0".repeat(32));
        let no_span = PARENT.replace("00f067aa0ba902b7", &"0".repeat(16));
        let glued = PARENT.replace("-00f0", "+00f0");
        for parent in [
            &upper,
            &longer,
            &version,
            &no_trace,
            &no_span,
            &glued,
            &PARENT[..54],
            "00",
            "",
        ] {
            assert_eq!(trusted(&[("traceparent", parent)]), None, "{parent}");
        }
    }
}
