//! Arguments become numbers, times and values, and values become replies.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use askr_store::{Number, OwnedValue, Ttl, Value};

use crate::failure::Failure;
use crate::reply::Reply;

/// The longest time: longer ones cannot be told from a mistake.
const TIME_MAX_MS: i64 = i64::MAX / 1000;

/// A whole number, written as Redis writes it.
pub(crate) fn integer(word: &[u8]) -> Result<i64, Failure> {
    plain_integer(word).ok_or(Failure::NotAnInteger)
}

/// A number with a fraction.
pub(crate) fn float(word: &[u8]) -> Result<f64, Failure> {
    let text = std::str::from_utf8(word).ok();
    let number = text.and_then(|text| text.parse::<f64>().ok());
    number.ok_or(Failure::NotAFloat)
}

/// How long in milliseconds; 0 is for ever.
pub(crate) fn ttl(word: &[u8], command: &'static str) -> Result<Ttl, Failure> {
    match integer(word)? {
        0 => Ok(Ttl::Forever),
        ms => span(ms, command).map(Ttl::For),
    }
}

/// A time that lies ahead, in milliseconds.
pub(crate) fn span(ms: i64, command: &'static str) -> Result<Duration, Failure> {
    match u64::try_from(ms) {
        Ok(span) if span > 0 && ms <= TIME_MAX_MS => Ok(Duration::from_millis(span)),
        _ => Err(Failure::ExpireTime(command)),
    }
}

/// A number of seconds as milliseconds, if there can be so many.
pub(crate) fn seconds(seconds: i64, command: &'static str) -> Result<i64, Failure> {
    let ms = seconds.checked_mul(1000);
    ms.ok_or(Failure::ExpireTime(command))
}

/// Milliseconds from now to a time since 1970; negative when it is past.
pub(crate) fn from_now(unix_ms: i64) -> i64 {
    unix_ms.saturating_sub(now_ms())
}

/// Milliseconds since 1970.
pub(crate) fn now_ms() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(now.unwrap_or_default().as_millis()).unwrap_or(i64::MAX)
}

/// What a client of Redis means by these bytes: what looks like a whole number is one, so that it
/// can be incremented.
pub(crate) fn plain(word: &[u8]) -> Value<'_> {
    match plain_integer(word) {
        Some(number) => Value::Number(Number::Integer(number)),
        None => Value::Bytes(word),
    }
}

/// The value of a type and its text.
pub(crate) fn typed<'a>(kind: &[u8], word: &'a [u8]) -> Result<Value<'a>, Failure> {
    match kind {
        b"s" => Ok(Value::Bytes(word)),
        _ => number(kind, word).map(Value::Number),
    }
}

/// The number of a type and its text.
pub(crate) fn number(kind: &[u8], word: &[u8]) -> Result<Number, Failure> {
    match kind {
        b"i" => integer(word).map(Number::Integer),
        b"f" => float(word).map(Number::Float),
        _ => Err(Failure::Type),
    }
}

/// A value that was read, to be compared with.
pub(crate) fn borrowed(value: &OwnedValue) -> Value<'_> {
    match value {
        OwnedValue::Bytes(bytes) => Value::Bytes(bytes),
        OwnedValue::Number(number) => Value::Number(*number),
    }
}

/// A value as Redis knows it: bytes.
pub(crate) fn plain_reply(value: OwnedValue) -> Reply {
    match value {
        OwnedValue::Bytes(bytes) => Reply::Bytes(bytes),
        OwnedValue::Number(Number::Integer(number)) => Reply::text(number.to_string()),
        OwnedValue::Number(Number::Float(number)) => Reply::text(number.to_string()),
    }
}

/// A value with its type.
pub(crate) fn typed_reply(value: OwnedValue) -> Reply {
    let (kind, reply) = match value {
        OwnedValue::Bytes(bytes) => ("s", Reply::Bytes(bytes)),
        OwnedValue::Number(Number::Integer(number)) => ("i", Reply::text(number.to_string())),
        OwnedValue::Number(Number::Float(number)) => ("f", Reply::text(format!("{number:?}"))),
    };
    Reply::Array(vec![Reply::text(kind), reply])
}

/// The one spelling of each number: no sign of plus, no zeros in front, no spaces.
fn plain_integer(word: &[u8]) -> Option<i64> {
    let digits = word.strip_prefix(b"-").unwrap_or(word);
    let is_plain = match digits {
        [b'0'] => digits.len() == word.len(),
        [b'1'..=b'9', rest @ ..] => rest.iter().all(u8::is_ascii_digit),
        _ => false,
    };
    let text = std::str::from_utf8(word).ok().filter(|_| is_plain)?;
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_whole_number_has_one_spelling(number in any::<i64>()) {
            let text = number.to_string();
            prop_assert_eq!(plain_integer(text.as_bytes()), Some(number));
        }

        #[test]
        fn typed_floats_read_back(number in any::<f64>().prop_filter("", |n| !n.is_nan())) {
            let Reply::Array(items) = typed_reply(OwnedValue::Number(Number::Float(number))) else {
                panic!()
            };
            let Reply::Bytes(text) = &items[1] else { panic!() };
            prop_assert_eq!(float(text).unwrap().to_bits(), number.to_bits());
        }
    }

    #[test]
    fn what_only_resembles_a_number_stays_text() {
        for text in [
            "",
            "-",
            "+1",
            "01",
            "-0",
            " 1",
            "1 ",
            "1.0",
            "9223372036854775808",
            "1e3",
        ] {
            assert_eq!(
                plain(text.as_bytes()),
                Value::Bytes(text.as_bytes()),
                "{text}"
            );
        }
    }
}
