//! Which parts of a file a `Range` field asks for (RFC 9110 §14).

use crate::limits::RANGES_MAX;

/// Some bytes of a file; never none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) start: u64,
    pub(crate) bytes: u64,
}

/// What a `Range` field comes to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// The whole file: the field is not understood, or asks for more than it is worth.
    Everything,
    One(Span),
    /// At least two, in the order they were asked for.
    Several(Vec<Span>),
    /// Nothing that exists.
    Nothing,
}

impl Span {
    /// The position behind the last byte.
    pub(crate) fn end(self) -> u64 {
        self.start + self.bytes
    }
}

/// What the field's value `range` asks for of a file of `length` bytes.
///
/// As with nginx, parts that together are longer than the file are answered with the file, and
/// so are more parts than [`RANGES_MAX`]: nobody gets more out of us by asking in pieces.
pub(crate) fn wanted(range: &[u8], length: u64) -> Wanted {
    let Some(specs) = specs(range) else {
        return Wanted::Everything;
    };
    let mut spans = Vec::new();
    let mut count = 0;
    for spec in specs.split(|&byte| byte == b',').map(<[u8]>::trim_ascii) {
        if spec.is_empty() {
            continue;
        }
        count += 1;
        match span(spec, length) {
            Some(_) if count > RANGES_MAX => return Wanted::Everything,
            Some(found) => spans.extend(found),
            None => return Wanted::Everything,
        }
    }
    let asked: u128 = spans.iter().map(|span| u128::from(span.bytes)).sum();
    match spans[..] {
        _ if count == 0 || asked > u128::from(length) => Wanted::Everything,
        [] => Wanted::Nothing,
        [span] => Wanted::One(span),
        [_, _, ..] => Wanted::Several(spans),
    }
}

/// What follows `bytes=`.
fn specs(range: &[u8]) -> Option<&[u8]> {
    let (unit, specs) = range.split_at_checked(UNIT.len())?;
    let specs = specs.strip_prefix(b"=")?;
    unit.eq_ignore_ascii_case(UNIT).then_some(specs)
}

/// What one part comes to: `None` if it is malformed, `Some(None)` if there is no such part.
#[expect(
    clippy::option_option,
    reason = "the two kinds of nothing have different answers"
)]
fn span(spec: &[u8], length: u64) -> Option<Option<Span>> {
    let dash = spec.iter().position(|&byte| byte == b'-')?;
    let (first, last) = (&spec[..dash], &spec[dash + 1..]);
    if first.is_empty() {
        let bytes = number(last)?.min(length);
        let start = length - bytes;
        return Some((bytes > 0).then_some(Span { start, bytes }));
    }
    let start = number(first)?;
    let last = match last {
        [] => u64::MAX,
        last => number(last)?,
    };
    if last < start {
        return None;
    }
    let end = last.saturating_add(1).min(length);
    Some((start < end).then(|| Span {
        start,
        bytes: end - start,
    }))
}

/// A number that is too large for us is larger than any file.
fn number(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let add = |number: u64, digit: &u8| {
        number
            .saturating_mul(10)
            .saturating_add(u64::from(digit - b'0'))
    };
    Some(digits.iter().fold(0, add))
}

const UNIT: &[u8] = b"bytes";

#[cfg(test)]
mod tests;
