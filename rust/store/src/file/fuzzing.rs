//! The entries of a store's file, with any bytes behind a header that fits them.

use super::codec::{Entry, HEADER_BYTES, Header};
use crate::fuzzing::Target;

/// Every parser of this crate.
pub(crate) const TARGETS: &[Target] = &[
    ("store-file", entries, ENTRIES_SEEDS),
    ("store-file-header", header, HEADER_SEEDS),
];

const ENTRIES_SEEDS: &[&[u8]] = &[
    b"\0\0\x01\0\x03\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\0\0kabc",
    b"\x01\x01\x01\0\x08\0\0\0\x01\0\0\0\0\0\0\0\x01\0k12345678\x07\0\0\0\0\0\0\0",
    b"\x02\x02\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0\xff\xff",
];

const HEADER_SEEDS: &[&[u8]] =
    &[b"askrkeep\x01\0\0\0\x01\0\0\0\0\0\0\0\x16\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"];

/// What can be read comes out the same when it is written, and takes what it says.
fn entries(bytes: &[u8]) {
    let (mut from, mut left) = (bytes, bytes.len() as u64);
    while !from.is_empty() {
        let before = from;
        let Ok(entry) = Entry::read(&mut from, &mut left) else {
            return;
        };
        assert_eq!(left, from.len() as u64, "an entry takes what it says");
        let mut again = Vec::new();
        entry
            .write(&mut again)
            .expect("memory takes what it is given");
        assert_eq!(again, before[..before.len() - from.len()]);
    }
}

fn header(bytes: &[u8]) {
    let Some(first) = bytes.first_chunk::<HEADER_BYTES>() else {
        return;
    };
    if let Ok(header) = Header::decode(first) {
        assert_eq!(header.encode(), *first);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_what_is_left_of_them_do_no_harm() {
        askr_testkit::seeds::replay(TARGETS);
    }
}
