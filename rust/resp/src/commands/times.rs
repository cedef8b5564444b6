//! How long entries stay.

use std::time::Duration;

use askr_store::Ttl;
use bytes::Bytes;

use crate::command::Outcome;
use crate::failure::{Failure, beginning};
use crate::limits::NAME_BYTES_MAX;
use crate::reply::Reply;
use crate::session::Session;
use crate::words::{from_now, integer, seconds, span};

/// `EXPIRE key seconds [NX | XX | GT | LT]`
pub(crate) fn expire(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ms = seconds(integer(&words[2])?, "expire")?;
    expire_in(session, words, ms, "expire")
}

/// `PEXPIRE key milliseconds [NX | XX | GT | LT]`
pub(crate) fn expire_milliseconds(
    session: &mut Session,
    words: &[Bytes],
) -> Result<Outcome, Failure> {
    expire_in(session, words, integer(&words[2])?, "pexpire")
}

/// `EXPIREAT key seconds [NX | XX | GT | LT]`
pub(crate) fn expire_at(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ms = from_now(seconds(integer(&words[2])?, "expireat")?);
    expire_in(session, words, ms, "expireat")
}

/// `PEXPIREAT key milliseconds [NX | XX | GT | LT]`
pub(crate) fn expire_at_milliseconds(
    session: &mut Session,
    words: &[Bytes],
) -> Result<Outcome, Failure> {
    expire_in(session, words, from_now(integer(&words[2])?), "pexpireat")
}

/// `PERSIST key`
pub(crate) fn persist(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let key = &words[1];
    let has_end = matches!(session.remaining(key)?, Some(Some(_)));
    let (store, namespace) = (session.store(), session.namespace());
    let is_done = has_end && store.touch(namespace, key, Ttl::Forever)?;
    Ok(Reply::flag(is_done).into())
}

/// `TTL key`
pub(crate) fn ttl(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ms = remaining_ms(session, &words[1])?;
    let seconds = if ms < 0 {
        ms
    } else {
        ms.saturating_add(500) / 1000
    };
    Ok(Reply::Integer(seconds).into())
}

/// `PTTL key`
pub(crate) fn ttl_milliseconds(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    remaining_ms(session, &words[1]).map(|ms| Reply::Integer(ms).into())
}

/// A time that is over removes the entry.
fn expire_in(
    session: &Session,
    words: &[Bytes],
    ms: i64,
    command: &'static str,
) -> Result<Outcome, Failure> {
    let wish = Wish::parse(&words[3..])?;
    let key = &words[1];
    let remaining = session.remaining(key)?;
    let is_wanted = remaining.is_some_and(|remaining| wish.agrees(remaining, ms));
    let is_done = is_wanted
        && match ms {
            ..=0 => session.delete(key)?,
            _ => {
                let ttl = Ttl::For(span(ms, command)?);
                session.store().touch(session.namespace(), key, ttl)?
            }
        };
    Ok(Reply::flag(is_done).into())
}

fn remaining_ms(session: &Session, key: &[u8]) -> Result<i64, Failure> {
    Ok(match session.remaining(key)? {
        None => -2,
        Some(None) => -1,
        Some(Some(remaining)) => i64::try_from(remaining.as_millis()).unwrap_or(i64::MAX),
    })
}

/// Under which conditions a time is to be changed.
#[derive(Default)]
struct Wish {
    none_before: bool,
    some_before: bool,
    later: bool,
    sooner: bool,
}

impl Wish {
    fn parse(words: &[Bytes]) -> Result<Self, Failure> {
        let mut wish = Self::default();
        for word in words {
            match &word.to_ascii_uppercase()[..] {
                b"NX" => wish.none_before = true,
                b"XX" => wish.some_before = true,
                b"GT" => wish.later = true,
                b"LT" => wish.sooner = true,
                _ => return Err(Failure::ExpireOption(beginning(word, NAME_BYTES_MAX))),
            }
        }
        let is_more = wish.some_before || wish.later || wish.sooner;
        if wish.none_before && is_more {
            return Err(Failure::ExpireOptions);
        }
        if wish.later && wish.sooner {
            return Err(Failure::ExpireDirections);
        }
        Ok(wish)
    }

    /// Whether an entry that stays so long (`None` is for ever) is to stay for `ms`.
    fn agrees(&self, remaining: Option<Duration>, ms: i64) -> bool {
        let new = Duration::from_millis(u64::try_from(ms).unwrap_or(0));
        match remaining {
            None => !self.some_before && !self.later,
            Some(_) if self.none_before => false,
            Some(old) if self.later => new > old,
            Some(old) if self.sooner => new < old,
            Some(_) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_are_those_of_redis() {
        let short = Some(Duration::from_millis(10));
        let cases = [
            ("", None, true),
            ("", short, true),
            ("NX", None, true),
            ("NX", short, false),
            ("xx", None, false),
            ("xx", short, true),
            ("GT", None, false),
            ("GT", short, true),
            ("LT", None, true),
            ("LT", short, false),
        ];
        for (word, remaining, expected) in cases {
            let words: Vec<Bytes> = word.split_whitespace().map(Bytes::from).collect();
            let wish = Wish::parse(&words).unwrap();
            assert_eq!(wish.agrees(remaining, 20), expected, "{word} {remaining:?}");
        }
        for words in [["NX", "GT"], ["GT", "LT"], ["NX", "XX"]] {
            let words = words.map(Bytes::from);
            assert!(Wish::parse(&words).is_err(), "{words:?}");
        }
    }
}
