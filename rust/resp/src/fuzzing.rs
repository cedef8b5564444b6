//! What a fuzzer, or a test with the same seeds, calls: every parser here that sees bytes of
//! others, each with what must hold of its result.

use crate::intake::{Intake, ProtocolError, Request};
use crate::{pattern, words};

/// A name, what takes any bytes and panics when something does not hold, and bytes to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

/// Every parser of this crate.
pub const TARGETS: &[Target] = &[
    ("store-requests", requests, REQUEST_SEEDS),
    ("store-words", any_word, WORD_SEEDS),
    ("store-patterns", patterns, PATTERN_SEEDS),
];

/// The first byte of each says in how many pieces it arrives.
const REQUEST_SEEDS: &[&[u8]] = &[
    b"\x03*2\r\n$3\r\nGET\r\n$1\r\na\r\n*1\r\n$4\r\nPING\r\n",
    b"\x07PING hello\r\n\r\nGET a\n",
    b"\x01*3\r\n$3\r\nSET\r\n$0\r\n\r\n$2\r\n\r\n\r\n",
    b"\xff*-1\r\n*0\r\n*1\r\n$-1\r\n",
    b"\x05*99999999999999999999\r\n",
    b"\x05*2\r\n$3000\r\n",
    b"\x02SET \"a b\" c\r\n",
];

const WORD_SEEDS: &[&[u8]] = &[
    b"0",
    b"-1",
    b"9223372036854775807",
    b"+1",
    b"1e999",
    b"nan",
    b"01",
];

/// A pattern, and a key behind the end of line.
const PATTERN_SEEDS: &[&[u8]] = &[
    b"a*b?c\naxxbyc",
    b"[^a-c]\\*[\nd*[",
    b"****************a\nbbbbbbbbbbbbbbbbbbbbbbbbb",
    b"[]a]\n]",
    b"[z-a\nm",
];

/// What a value may have.
const VALUE_BYTES_MAX: usize = 1024;

/// Commands are the same whatever pieces they come in.
fn requests(bytes: &[u8]) {
    let Some((first, input)) = bytes.split_first() else {
        return;
    };
    let step = usize::from(*first).max(1);
    assert_eq!(taken(input, step), taken(input, input.len().max(1)));
}

fn taken(input: &[u8], step: usize) -> (Vec<Request>, Option<ProtocolError>) {
    let mut intake = Intake::new(VALUE_BYTES_MAX);
    let mut requests = Vec::new();
    for piece in input.chunks(step) {
        intake.room().extend_from_slice(piece);
        loop {
            match intake.next() {
                Ok(Some(request)) => requests.push(request),
                Ok(None) => break,
                Err(error) => return (requests, Some(error)),
            }
        }
    }
    (requests, None)
}

/// A number reads back from its own text.
fn any_word(word: &[u8]) {
    if let Ok(number) = words::integer(word) {
        assert_eq!(number.to_string().as_bytes(), word);
    }
    let _float = words::float(word);
    let _ttl = words::ttl(word, "set");
    for kind in [b"s", b"i", b"f", b"x"] {
        let _typed = words::typed(kind, word);
    }
}

/// A star takes any key, whatever the pattern before and behind it takes of it.
fn patterns(bytes: &[u8]) {
    let mut parts = bytes.splitn(2, |&byte| byte == b'\n');
    let pattern = parts.next().unwrap_or_default();
    let key = parts.next().unwrap_or_default();
    let is_match = pattern::matches(pattern, key);
    if is_match {
        assert!(pattern::matches(&[b"*", pattern].concat(), key));
    }
    let is_plain = |byte: &u8| !b"*?[\\".contains(byte);
    if pattern.iter().all(is_plain) {
        assert_eq!(is_match, pattern == key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_and_what_is_left_of_them_do_no_harm() {
        askr_testkit::seeds::replay(TARGETS);
    }
}
