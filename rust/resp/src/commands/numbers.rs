//! Numbers that are counted up and down.

use askr_store::{Kind, Number, OwnedValue, StoreError, Ttl, Value};
use bytes::Bytes;

use crate::command::Outcome;
use crate::failure::Failure;
use crate::limits::ATTEMPTS_MAX;
use crate::reply::Reply;
use crate::session::Session;
use crate::words::{float, integer, plain, plain_reply};

/// `INCR key`
pub(crate) fn increment(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    add_integer(session, &words[1], 1)
}

/// `INCRBY key by`
pub(crate) fn increment_by(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    add_integer(session, &words[1], integer(&words[2])?)
}

/// `DECR key`
pub(crate) fn decrement(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    add_integer(session, &words[1], -1)
}

/// `DECRBY key by`
pub(crate) fn decrement_by(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let by = integer(&words[2])?.checked_neg();
    add_integer(session, &words[1], by.ok_or(Failure::DecrementOverflow)?)
}

/// `INCRBYFLOAT key by`
pub(crate) fn increment_by_float(
    session: &mut Session,
    words: &[Bytes],
) -> Result<Outcome, Failure> {
    let by = float(&words[2])?;
    if by.is_nan() {
        return Err(Failure::NotAFloat);
    }
    if by.is_infinite() {
        return Err(Failure::NotFinite);
    }
    let sum = add(session, &words[1], Number::Float(by)).map_err(|failure| match failure {
        Failure::NotAnInteger => Failure::NotAFloat,
        Failure::Overflow => Failure::NotFinite,
        other => other,
    })?;
    Ok(plain_reply(OwnedValue::Number(sum)).into())
}

/// A number with a fraction is refused, and stays as it is.
fn add_integer(session: &Session, key: &[u8], by: i64) -> Result<Outcome, Failure> {
    let found = session.store().find(session.namespace(), key)?;
    if let Some(Kind::Number(Number::Float(number))) = found.map(|entry| entry.kind) {
        whole(number).ok_or(Failure::NotAnInteger)?;
    }
    let sum = match add(session, key, Number::Integer(by))? {
        Number::Integer(sum) => sum,
        Number::Float(sum) => whole(sum).ok_or(Failure::NotAnInteger)?,
    };
    Ok(Reply::Integer(sum).into())
}

/// Adds to a number, also to one that was written as text.
fn add(session: &Session, key: &[u8], by: Number) -> Result<Number, Failure> {
    let (store, namespace) = (session.store(), session.namespace());
    for _ in 0..ATTEMPTS_MAX {
        match store.increment(namespace, key, by, Ttl::Forever) {
            Err(StoreError::NotANumber) => {}
            result => return Ok(result?),
        }
        let Some(OwnedValue::Bytes(text)) = store.get(namespace, key)? else {
            continue;
        };
        let sum = sum(&text, by)?;
        let (expected, value) = (Value::Bytes(&text), Value::Number(sum));
        if store.replace(namespace, key, expected, value, Ttl::Kept)? {
            return Ok(sum);
        }
    }
    Err(StoreError::Busy.into())
}

fn sum(text: &[u8], by: Number) -> Result<Number, Failure> {
    match (plain(text), by) {
        (Value::Number(Number::Integer(number)), Number::Integer(by)) => {
            let sum = number.checked_add(by).ok_or(Failure::Overflow)?;
            Ok(Number::Integer(sum))
        }
        (_, Number::Float(by)) => {
            let sum = float(text)? + by;
            let is_finite = sum.is_finite();
            is_finite
                .then_some(Number::Float(sum))
                .ok_or(Failure::NotFinite)
        }
        _ => Err(Failure::NotAnInteger),
    }
}

/// The whole number that a float is, as far as floats count in ones.
fn whole(number: f64) -> Option<i64> {
    const EXACT_MAX: f64 = 9_007_199_254_740_992.0;
    let is_whole = number.fract() == 0.0 && number.abs() <= EXACT_MAX;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is whole and small enough"
    )]
    is_whole.then_some(number as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_is_a_number_is_added_to() {
        assert_eq!(sum(b"5", Number::Integer(-7)), Ok(Number::Integer(-2)));
        assert_eq!(sum(b"1.5", Number::Float(1.0)), Ok(Number::Float(2.5)));
        assert_eq!(sum(b"1.5", Number::Integer(1)), Err(Failure::NotAnInteger));
        assert_eq!(sum(b"x", Number::Float(1.0)), Err(Failure::NotAFloat));
        assert_eq!(sum(b"1e308", Number::Float(1e308)), Err(Failure::NotFinite));
        let most = i64::MAX.to_string();
        assert_eq!(
            sum(most.as_bytes(), Number::Integer(1)),
            Err(Failure::Overflow)
        );
    }

    #[test]
    fn only_floats_that_count_in_ones_are_whole_numbers() {
        assert_eq!(whole(-3.0), Some(-3));
        for number in [0.5, 1e300, f64::NAN, f64::INFINITY] {
            assert_eq!(whole(number), None, "{number}");
        }
    }
}
