//! Names requests, so that log lines about the same one can be put together.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// 16 hex digits that no other request of this or another server is likely to have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RequestId([u8; DIGITS]);

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
    pub(crate) fn next(&self) -> RequestId {
        let number = self.key.hash_one(self.made.fetch_add(1, Relaxed));
        let mut digits = [0; DIGITS];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(number.to_be_bytes()) {
            pair[0] = HEX[usize::from(byte >> 4)];
            pair[1] = HEX[usize::from(byte & 15)];
        }
        RequestId(digits)
    }
}

impl RequestId {
    pub(crate) fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits are text")
    }
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
}
