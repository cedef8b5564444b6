//! What proxies say of a client: `Forwarded` (RFC 7239) and `X-Forwarded-For`, `-Proto`, `-Host`
//! and `-Port`.
//!
//! Every proxy adds what it knows at the right end, behind what it was sent. So all is read from
//! the right, as far as trusted proxies wrote it: the rightmost address that is not one of theirs
//! is the client, and nothing left of it is looked at, however it is written.

use std::net::{IpAddr, SocketAddr};
use std::str;

use http::header::{HeaderMap, HeaderValue};

use crate::client::peers::PeerList;
use crate::connection::intake::head::is_authority;

/// A field in which proxies may speak of their client.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrustedField {
    /// `Forwarded`; looked at where none of the other believed fields is there.
    Forwarded,
    /// `X-Forwarded-For`: the address.
    For,
    /// `X-Forwarded-Proto`: HTTP or HTTPS.
    Proto,
    /// `X-Forwarded-Host`: what the client asked for in `Host`.
    Host,
    /// `X-Forwarded-Port`: the port that it connected to.
    Port,
}

/// What trusted proxies said. What they did not say is `None`.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The client, and the port it connects from; 0 is unknown.
    pub(crate) client: Option<SocketAddr>,
    pub(crate) is_https: Option<bool>,
    pub(crate) host: Option<String>,
    /// The port that the client connected to.
    pub(crate) port: Option<u16>,
}

impl TrustedField {
    /// All there are, in the order of their documentation.
    pub const ALL: [TrustedField; 5] = [
        TrustedField::For,
        TrustedField::Proto,
        TrustedField::Host,
        TrustedField::Port,
        TrustedField::Forwarded,
    ];

    /// The name of the field, in lower case.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            TrustedField::Forwarded => "forwarded",
            TrustedField::For => "x-forwarded-for",
            TrustedField::Proto => "x-forwarded-proto",
            TrustedField::Host => "x-forwarded-host",
            TrustedField::Port => "x-forwarded-port",
        }
    }
}

/// What the proxies `trusted` say in those `fields` that are believed.
pub(crate) fn read(headers: &HeaderMap, trusted: &PeerList, fields: &[TrustedField]) -> Told {
    let is_there = |field: &&TrustedField| headers.contains_key(field.name());
    let is_other = |field: &&TrustedField| **field != TrustedField::Forwarded;
    if fields.iter().filter(is_other).any(|field| is_there(&field)) {
        return read_separate(headers, trusted, fields);
    }
    if fields.contains(&TrustedField::Forwarded) {
        return read_forwarded(headers, trusted);
    }
    Told::default()
}

/// The elements of `Forwarded`, each with all that one proxy knows. The outermost trusted proxy
/// that says something of scheme or host has seen the client's own.
fn read_forwarded(headers: &HeaderMap, trusted: &PeerList) -> Told {
    let mut told = Told::default();
    for element in items(headers, TrustedField::Forwarded) {
        let element = Element::parse(element);
        told.is_https = element.proto.and_then(is_https).or(told.is_https);
        told.host = element.host.and_then(host).or(told.host);
        let Some(client) = element.node.and_then(node) else {
            break;
        };
        told.client = Some(client);
        if !trusted.has_address(client.ip()) {
            break;
        }
    }
    told
}

/// A field for each thing. Where proxies appended to all of them, what belongs to the client is as
/// far from the right as its address is; where they wrote over it, there is only one.
fn read_separate(headers: &HeaderMap, trusted: &PeerList, fields: &[TrustedField]) -> Told {
    let mut client = None;
    let mut proxies_passed = 0;
    for item in believed_items(headers, TrustedField::For, fields) {
        let Some(address) = str::from_utf8(item).ok().and_then(node) else {
            break;
        };
        client = Some(address);
        if !trusted.has_address(address.ip()) {
            break;
        }
        proxies_passed += 1;
    }
    let value = |field| {
        let items = believed_items(headers, field, fields).take(proxies_passed + 1);
        items.last().and_then(|item| str::from_utf8(item).ok())
    };
    Told {
        client,
        is_https: value(TrustedField::Proto).and_then(is_https),
        host: value(TrustedField::Host).and_then(host),
        port: value(TrustedField::Port).and_then(port),
    }
}

/// None where the field is not one of those that are believed.
fn believed_items<'h>(
    headers: &'h HeaderMap,
    field: TrustedField,
    fields: &[TrustedField],
) -> impl Iterator<Item = &'h [u8]> {
    let count = if fields.contains(&field) {
        usize::MAX
    } else {
        0
    };
    items(headers, field).take(count)
}

/// The items of a list, the last first; of several fields, those of the last first.
fn items(headers: &HeaderMap, field: TrustedField) -> impl Iterator<Item = &[u8]> {
    let fields = headers.get_all(field.name()).iter().rev();
    let items = fields
        .map(HeaderValue::as_bytes)
        .flat_map(|field| FromRight {
            rest: Some(field),
            separator: b',',
        });
    items.map(<[u8]>::trim_ascii)
}

/// Splits at separators outside of quotes, from the right: an open quote further left, which some
/// client has sent, swallows nothing.
struct FromRight<'f> {
    rest: Option<&'f [u8]>,
    separator: u8,
}

impl<'f> Iterator for FromRight<'f> {
    type Item = &'f [u8];

    fn next(&mut self) -> Option<&'f [u8]> {
        let rest = self.rest?;
        let mut is_quoted = false;
        let split = rest.iter().rposition(|&byte| {
            is_quoted ^= byte == b'"';
            byte == self.separator && !is_quoted
        });
        self.rest = split.map(|at| &rest[..at]);
        Some(split.map_or(rest, |at| &rest[at + 1..]))
    }
}

/// One element of `Forwarded`; of a parameter that comes twice the first in it counts for nothing.
#[derive(Default)]
struct Element<'f> {
    node: Option<&'f str>,
    proto: Option<&'f str>,
    host: Option<&'f str>,
}

impl<'f> Element<'f> {
    fn parse(text: &'f [u8]) -> Element<'f> {
        let mut element = Element::default();
        let pairs = FromRight {
            rest: Some(text),
            separator: b';',
        };
        for pair in pairs {
            let Some((name, value)) = str::from_utf8(pair).ok().and_then(|it| it.split_once('='))
            else {
                continue;
            };
            let place = match name.trim_ascii().to_ascii_lowercase().as_str() {
                "for" => &mut element.node,
                "proto" => &mut element.proto,
                "host" => &mut element.host,
                _ => continue,
            };
            *place = place.or_else(|| unquoted(value.trim_ascii()));
        }
        element
    }
}

/// Addresses, schemes and hosts need no escapes, so there are none.
fn unquoted(value: &str) -> Option<&str> {
    let inside = value.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
    let text = inside.unwrap_or(value);
    (!text.contains(['"', '\\'])).then_some(text)
}

/// `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]` or `[2001:db8::1]:80`. Names that
/// hide an address (`unknown`, `_secret`) are nobody.
fn node(text: &str) -> Option<SocketAddr> {
    let in_brackets = text.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let (ip, port) = if let Ok(ip) = text.parse::<IpAddr>() {
        (ip, 0)
    } else if let Some(inside) = in_brackets {
        (IpAddr::V6(inside.parse().ok()?), 0)
    } else if let Ok(address) = text.parse::<SocketAddr>() {
        (address.ip(), address.port())
    } else {
        // An obfuscated port, such as `192.0.2.1:_a`.
        let (ip, _) = text.rsplit_once(":_")?;
        return node(ip).filter(|node| node.port() == 0);
    };
    Some(SocketAddr::new(ip.to_canonical(), port))
}

fn is_https(text: &str) -> Option<bool> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    let is_https = is("https") || is("wss");
    (is_https || is("http") || is("ws")).then_some(is_https)
}

fn host(text: &str) -> Option<String> {
    let is_host = !text.is_empty() && is_authority(text.as_bytes());
    is_host.then(|| text.to_owned())
}

fn port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|&port| is_number && port > 0)
}

#[cfg(test)]
mod tests;
