//! What a fuzzer, or a test with the same seeds, calls: the heads that cross, each with what must
//! hold of its result.

use crate::wire::{LENGTH_BYTES, ReplyHead, RequestHead};

/// A name, what takes any bytes and panics when something does not hold, and bytes to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

/// Every parser of this crate.
pub const TARGETS: &[Target] = &[
    ("wire-request", request, REQUEST_SEEDS),
    ("wire-reply", reply, REPLY_SEEDS),
];

/// Documents; the length before them is added, or nothing would ever be looked at.
const REQUEST_SEEDS: &[&[u8]] = &[
    b"\0\0\0\0\0\0\0\0\x01a\x03GET\x01/\x01\0\x01\x04host\x01a\x09127.0.0.1\x01\x09127.0.0.1\x50\x0a/index.php\0\x07",
    b"\x05\0\0\0\0\0\0\0\0\x04POST\x02/a\0\x01\0\0\0\0\0\0\0\0",
];

const REPLY_SEEDS: &[&[u8]] = &[
    b"\xc8\x01\x01\x01a\x01b",
    b"\x67\0",
    b"\xff\xff\x03\x80\x80\x80\x80\x0f",
];

fn request(document: &[u8]) {
    let _raw = RequestHead::decode(document);
    let bytes = with_length(document);
    let Ok(head) = RequestHead::decode(&bytes) else {
        return;
    };
    let mut again = Vec::new();
    head.encode(&mut again);
    assert_eq!(RequestHead::decode(&again), Ok(head));
}

fn reply(document: &[u8]) {
    let _raw = ReplyHead::decode(document);
    let bytes = with_length(document);
    let Ok(head) = ReplyHead::decode(&bytes) else {
        return;
    };
    let mut again = Vec::new();
    head.encode(&mut again);
    assert_eq!(ReplyHead::decode(&again), Ok(head));
}

fn with_length(document: &[u8]) -> Vec<u8> {
    let length = u32::try_from(LENGTH_BYTES + document.len()).unwrap_or(u32::MAX);
    [&length.to_le_bytes(), document].concat()
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_what_is_left_of_them_do_no_harm() {
        askr_testkit::seeds::replay(TARGETS);
    }
}
