//! The name of one client's bucket in the store: short, and of one length whatever a client sends.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::IpAddr;

use http::header::{COOKIE, HOST, HeaderMap, HeaderName, HeaderValue};
use http::uri::Authority;
use percent_encoding::percent_decode;

use super::{Candidate, LimitKey};

/// Which rule, what the client is known by, and that.
pub(crate) type BucketKey = [u8; 11];

/// Makes keys. What clients choose is hashed with a secret, so that nobody can find a value whose
/// bucket is that of another.
#[derive(Debug)]
pub(crate) struct Keys(RandomState);

impl Keys {
    pub(crate) fn new(secret: RandomState) -> Keys {
        Keys(secret)
    }

    /// The bucket of a candidate with the rule at `index`.
    pub(crate) fn of(&self, index: usize, key: &LimitKey, candidate: &Candidate<'_>) -> BucketKey {
        let (kind, known_by) = match key {
            LimitKey::Address => None,
            LimitKey::Header(name) => self.header(candidate, name).map(|hash| (b'h', hash)),
            LimitKey::Cookie(name) => self
                .cookie(&candidate.head.headers, name)
                .map(|hash| (b'c', hash)),
        }
        .unwrap_or_else(|| network(candidate.client.ip()));
        let rule = u16::try_from(index).unwrap_or(u16::MAX).to_le_bytes();
        let mut bytes = [0; 11];
        bytes[..2].copy_from_slice(&rule);
        bytes[2] = kind;
        bytes[3..].copy_from_slice(&known_by);
        bytes
    }

    /// Repeated fields as PHP sees them: one, joined by commas. An empty one tells nobody apart.
    fn header(&self, candidate: &Candidate<'_>, name: &HeaderName) -> Option<[u8; 8]> {
        let mut hasher = self.0.build_hasher();
        let mut bytes = 0;
        for (index, value) in values(candidate, name).enumerate() {
            if index > 0 {
                hasher.write(b", ");
            }
            hasher.write(value);
            bytes += value.len();
        }
        (bytes > 0).then(|| hasher.finish().to_le_bytes())
    }

    fn cookie(&self, headers: &HeaderMap, name: &str) -> Option<[u8; 8]> {
        let mut hasher = self.0.build_hasher();
        let mut bytes = 0;
        for byte in cookie(headers, name)
            .map(percent_decode)
            .into_iter()
            .flatten()
        {
            hasher.write_u8(byte);
            bytes += 1;
        }
        (bytes > 0).then(|| hasher.finish().to_le_bytes())
    }
}

/// As PHP gets them: a target in absolute form outranks the Host field (RFC 9112 §3.2.2), and a
/// proxy that is believed both; what a client must not say of itself is not there.
fn values<'a>(candidate: &'a Candidate<'_>, name: &HeaderName) -> impl Iterator<Item = &'a [u8]> {
    let Candidate { head, client, .. } = candidate;
    let own = || head.uri.authority().map(Authority::as_str);
    let host = client.told_host().or_else(own).filter(|_| *name == HOST);
    let is_theirs = host.is_none() && client.lets_through(name);
    let fields = head.headers.get_all(name).iter();
    let fields = fields.take(if is_theirs { usize::MAX } else { 0 });
    let host = host.map(str::as_bytes).into_iter();
    host.chain(fields.map(HeaderValue::as_bytes))
}

/// The first cookie of that name, as PHP finds it: its value is percent-decoded still, and that of
/// an array is empty.
fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a [u8]> {
    let fields = headers.get_all(COOKIE).iter();
    let mut pairs = fields.flat_map(|field| field.as_bytes().split(|&byte| byte == b';'));
    pairs.find_map(|pair| {
        let pair = pair.trim_ascii_start();
        let at = pair.iter().position(|&byte| byte == b'=')?;
        let (named, value) = (&pair[..at], &pair[at + 1..]);
        match named.iter().position(|&byte| byte == b'[') {
            None => is_php_name(named, name.as_bytes()).then_some(value),
            Some(bracket) => is_php_name(&named[..bracket], name.as_bytes()).then_some(&[][..]),
        }
    })
}

/// Whether both are one name to PHP, where dots and spaces are underscores.
fn is_php_name(one: &[u8], other: &[u8]) -> bool {
    let php = |&byte: &u8| {
        if matches!(byte, b'.' | b' ') {
            b'_'
        } else {
            byte
        }
    };
    one.iter().map(php).eq(other.iter().map(php))
}

/// IPv4 whole, IPv6 by the network that one client has for itself. Clients on Unix sockets are one.
pub(crate) fn network(client: Option<IpAddr>) -> (u8, [u8; 8]) {
    let mut known_by = [0; 8];
    match client {
        None => (b'u', known_by),
        Some(IpAddr::V4(address)) => {
            known_by[..4].copy_from_slice(&address.octets());
            (b'4', known_by)
        }
        Some(IpAddr::V6(address)) => {
            known_by.copy_from_slice(&address.octets()[..8]);
            (b'6', known_by)
        }
    }
}

#[cfg(test)]
mod tests;
