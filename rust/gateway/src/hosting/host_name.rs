//! Names of hosts, as they are configured and as requests have them.

use std::borrow::Cow;
use std::fmt;
use std::net::Ipv6Addr;
use std::str::FromStr;

/// A name that requests may be for: `shop.example`, or `*.shop.example` for whatever is below it,
/// however deep. In lower case, without a port.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct HostName {
    name: Box<str>,
    is_wildcard: bool,
}

/// It is no name of a host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no host name such as shop.example or *.shop.example")]
pub struct HostNameError {
    /// What was to be one.
    pub text: String,
}

impl HostName {
    /// The name; of a wildcard, what is behind `*.`.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is every name below this one, and not this one.
    #[must_use]
    pub fn is_wildcard(&self) -> bool {
        self.is_wildcard
    }

    /// Whether a request for `host`, which is a [`plain`] name, is one for this.
    pub(crate) fn has(&self, host: &str) -> bool {
        match self.is_wildcard {
            false => *self.name == *host,
            true => host
                .strip_suffix(&*self.name)
                .is_some_and(|front| front.len() > 1 && front.ends_with('.')),
        }
    }
}

/// The name in a `Host` field or an authority: without port and final dot, in lower case.
pub(crate) fn plain(host: &str) -> Cow<'_, str> {
    let name = match host.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => &host[..end + 2],
        None => host.split(':').next().unwrap_or_default(),
    };
    let name = name.strip_suffix('.').unwrap_or(name);
    match name.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(name.to_ascii_lowercase()),
        false => Cow::Borrowed(name),
    }
}

impl FromStr for HostName {
    type Err = HostNameError;

    fn from_str(text: &str) -> Result<HostName, HostNameError> {
        let lower = text.trim().to_ascii_lowercase();
        let (name, is_wildcard) = match lower.strip_prefix("*.") {
            Some(below) => (below, true),
            None => (lower.as_str(), false),
        };
        let name = name.strip_suffix('.').unwrap_or(name);
        if is_name(name) || (!is_wildcard && is_address(name)) {
            return Ok(HostName {
                name: name.into(),
                is_wildcard,
            });
        }
        Err(HostNameError {
            text: text.to_owned(),
        })
    }
}

impl fmt::Display for HostName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let front = if self.is_wildcard { "*." } else { "" };
        write!(out, "{front}{}", self.name)
    }
}

fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    let is_label =
        |label: &str| (1..=LABEL_BYTES_MAX).contains(&label.len()) && label.bytes().all(is_plain);
    name.len() <= NAME_BYTES_MAX && name.split('.').all(is_label)
}

/// An IPv6 address in its brackets; of version 4 they look like names.
fn is_address(name: &str) -> bool {
    let inner = name
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'));
    inner.is_some_and(|inner| inner.parse::<Ipv6Addr>().is_ok())
}

const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> HostName {
        text.parse().unwrap()
    }

    #[test]
    fn names_are_read_and_written_in_one_form() {
        let cases = [
            ("Shop.Example", "shop.example"),
            ("shop.example.", "shop.example"),
            (" *.Shop.example", "*.shop.example"),
            ("localhost", "localhost"),
            ("xn--bcher-kva.example", "xn--bcher-kva.example"),
            ("127.0.0.1", "127.0.0.1"),
            ("[::1]", "[::1]"),
        ];
        for (text, written) in cases {
            assert_eq!(name(text).to_string(), written);
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        let long = "x".repeat(64);
        let many = "x.".repeat(127) + "x";
        for text in [
            "",
            "*",
            "*.",
            "a b",
            "shop.example:80",
            "a..b",
            ".a",
            "a.*.b",
            "bücher.example",
            "http://a",
            "a/b",
            "[::1",
            "*.[::1]",
            &long,
            &many,
        ] {
            assert!(text.parse::<HostName>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_wildcard_has_what_is_below_it_and_not_itself() {
        let wild = name("*.shop.example");
        for below in ["a.shop.example", "a.b.shop.example"] {
            assert!(wild.has(below), "{below}");
        }
        for other in [
            "shop.example",
            ".shop.example",
            "ashop.example",
            "shop.example.org",
            "",
        ] {
            assert!(!wild.has(other), "{other}");
        }
        assert!(name("shop.example").has("shop.example"));
        assert!(!name("shop.example").has("a.shop.example"));
    }

    #[test]
    fn the_name_of_a_request_has_no_port_and_no_case() {
        for (host, expected) in [
            ("Shop.Example:8443", "shop.example"),
            ("shop.example.:80", "shop.example"),
            ("[::1]:8000", "[::1]"),
            ("[::1", "["),
            ("", ""),
            (":80", ""),
        ] {
            assert_eq!(plain(host), expected);
        }
    }
}
