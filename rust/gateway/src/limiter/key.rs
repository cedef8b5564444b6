//! What a rule tells clients apart by: `address`, `header:NAME` or `cookie:NAME`.

use std::fmt;
use std::str::FromStr;

use http::HeaderName;

/// By what a rule tells clients apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitKey {
    /// The address of the connection; of IPv6 the /64 that a client has for itself.
    Address,
    /// The value of a header field; the address where there is none.
    Header(HeaderName),
    /// The value of a cookie, as PHP reads it; the address where there is none.
    Cookie(String),
}

/// A text that is no key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not address, header:NAME or cookie:NAME")]
pub struct LimitKeyError;

impl FromStr for LimitKey {
    type Err = LimitKeyError;

    fn from_str(text: &str) -> Result<LimitKey, LimitKeyError> {
        match text.split_once(':') {
            None if text == ADDRESS => Ok(LimitKey::Address),
            Some((HEADER, name)) => header(name).map(LimitKey::Header).ok_or(LimitKeyError),
            Some((COOKIE, name)) if is_cookie_name(name) => Ok(LimitKey::Cookie(name.to_owned())),
            _ => Err(LimitKeyError),
        }
    }
}

impl fmt::Display for LimitKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LimitKey::Address => out.write_str(ADDRESS),
            LimitKey::Header(name) => write!(out, "{HEADER}:{name}"),
            LimitKey::Cookie(name) => write!(out, "{COOKIE}:{name}"),
        }
    }
}

/// Only letters, digits and dashes: other names do not reach PHP. Cookies are told apart one by
/// one.
fn header(name: &str) -> Option<HeaderName> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let reaches_php = name.bytes().all(is_plain);
    let name = HeaderName::from_bytes(name.as_bytes()).ok();
    name.filter(|name| reaches_php && *name != http::header::COOKIE)
}

/// A token of RFC 6265 that stays one in a list of words.
fn is_cookie_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(is_plain)
}

const ADDRESS: &str = "address";
const HEADER: &str = "header";
const COOKIE: &str = "cookie";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_from_its_own_text() {
        for text in ["address", "header:x-api-key", "cookie:laravel_session"] {
            let key: LimitKey = text.parse().expect(text);
            assert_eq!(key.to_string(), text);
        }
        assert_eq!(
            "header:X-Api-Key".parse::<LimitKey>(),
            "header:x-api-key".parse()
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for text in [
            "",
            "Address",
            "address:",
            "header",
            "header:",
            "header:x_api_key",
            "header:Cookie",
            "header:a b",
            "cookie:",
            "cookie:a=b",
            "cookie:a;b",
            "cookie:a b",
            "ip",
            "header:é",
        ] {
            assert_eq!(text.parse::<LimitKey>(), Err(LimitKeyError), "{text}");
        }
    }
}
