//! One entry: `GET`, `SET` and their kin.

use askr_store::{Kind, Number, OwnedValue, Ttl};
use bytes::Bytes;

use crate::command::{Outcome, Shape};
use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::{Condition, Session};
use crate::words::{from_now, integer, plain, plain_reply, seconds, span};

/// `GET key`
pub(crate) fn get(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Outcome::Value(words[1].clone(), Shape::Plain))
}

/// `SET key value [NX | XX] [GET] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]`
pub(crate) fn set(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let terms = SetTerms::parse(&words[3..])?;
    let ttl = terms.ttl.unwrap_or(Ttl::Forever);
    let (key, value) = (&words[1], plain(&words[2]));
    if terms.condition == Condition::Always && !terms.tells_before {
        session.store().set(session.namespace(), key, value, ttl)?;
        return Ok(Reply::OK.into());
    }
    let written = session.write_if(terms.condition, key, value, ttl)?;
    let reply = match (terms.tells_before, written.is_done) {
        (true, _) => written.before.map_or(Reply::Null, plain_reply),
        (false, true) => Reply::OK,
        (false, false) => Reply::Null,
    };
    Ok(reply.into())
}

/// `SETNX key value`
pub(crate) fn set_absent(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let (key, value) = (&words[1], plain(&words[2]));
    let store = session.store();
    let is_done = store.add(session.namespace(), key, value, Ttl::Forever)?;
    Ok(Reply::flag(is_done).into())
}

/// `SETEX key seconds value`
pub(crate) fn set_seconds(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ms = seconds(integer(&words[2])?, "setex")?;
    set_for(session, words, Ttl::For(span(ms, "setex")?))
}

/// `PSETEX key milliseconds value`
pub(crate) fn set_milliseconds(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ms = integer(&words[2])?;
    set_for(session, words, Ttl::For(span(ms, "psetex")?))
}

fn set_for(session: &Session, words: &[Bytes], ttl: Ttl) -> Result<Outcome, Failure> {
    let (key, value) = (&words[1], plain(&words[3]));
    session.store().set(session.namespace(), key, value, ttl)?;
    Ok(Reply::OK.into())
}

/// `GETSET key value`
pub(crate) fn get_set(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let value = plain(&words[2]);
    let written = session.write_if(Condition::Always, &words[1], value, Ttl::Forever)?;
    Ok(written.before.map_or(Reply::Null, plain_reply).into())
}

/// `GETDEL key`
pub(crate) fn get_delete(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let taken = session.store().take(session.namespace(), &words[1])?;
    Ok(taken.map_or(Reply::Null, plain_reply).into())
}

/// `GETEX key [EX s | PX ms | EXAT s | PXAT ms | PERSIST]`
pub(crate) fn get_expire(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ttl = match &words[2..] {
        [] => None,
        [word] if word.eq_ignore_ascii_case(b"persist") => Some(Ttl::Forever),
        [unit, time] => Some(time_of(unit, time, "getex")?.ok_or(Failure::Syntax)?),
        _ => return Err(Failure::Syntax),
    };
    let key = &words[1];
    let found = session.value(key)?;
    if let (Some(_), Some(ttl)) = (&found, ttl) {
        session.store().touch(session.namespace(), key, ttl)?;
    }
    Ok(found.map_or(Reply::Null, plain_reply).into())
}

/// `STRLEN key`
pub(crate) fn length(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let found = session.store().find(session.namespace(), &words[1])?;
    let length = found.map_or(0, |entry| match entry.kind {
        Kind::Bytes(length) => length,
        Kind::Number(number) => number_length(number),
    });
    Ok(Reply::count(length).into())
}

fn number_length(number: Number) -> usize {
    match plain_reply(OwnedValue::Number(number)) {
        Reply::Bytes(text) => text.len(),
        _ => 0,
    }
}

/// What follows the value of a `SET`.
struct SetTerms {
    ttl: Option<Ttl>,
    condition: Condition,
    tells_before: bool,
}

impl SetTerms {
    fn parse(mut words: &[Bytes]) -> Result<Self, Failure> {
        let mut terms = Self {
            ttl: None,
            condition: Condition::Always,
            tells_before: false,
        };
        while let [word, rest @ ..] = words {
            words = terms.take(word, rest)?;
        }
        Ok(terms)
    }

    /// Takes one option, and gives what is behind it.
    fn take<'a>(&mut self, word: &Bytes, rest: &'a [Bytes]) -> Result<&'a [Bytes], Failure> {
        let word = word.to_ascii_uppercase();
        match (&word[..], rest) {
            (b"GET", _) => self.tells_before = true,
            (b"NX", _) => self.condition(Condition::Absent)?,
            (b"XX", _) => self.condition(Condition::Present)?,
            (b"KEEPTTL", _) => self.ttl(Ttl::Kept)?,
            (_, [time, behind @ ..]) => {
                let ttl = time_of(&word, time, "set")?.ok_or(Failure::Syntax)?;
                self.ttl(ttl)?;
                return Ok(behind);
            }
            _ => return Err(Failure::Syntax),
        }
        Ok(rest)
    }

    fn condition(&mut self, condition: Condition) -> Result<(), Failure> {
        let is_free = matches!(self.condition, Condition::Always) || self.condition == condition;
        self.condition = condition;
        is_free.then_some(()).ok_or(Failure::Syntax)
    }

    fn ttl(&mut self, ttl: Ttl) -> Result<(), Failure> {
        let is_free = self.ttl.is_none();
        self.ttl = Some(ttl);
        is_free.then_some(()).ok_or(Failure::Syntax)
    }
}

/// A time with its unit; `None` when that is no unit. A moment that is past leaves nothing.
fn time_of(unit: &[u8], time: &[u8], command: &'static str) -> Result<Option<Ttl>, Failure> {
    let unit = unit.to_ascii_uppercase();
    let (is_seconds, is_moment) = match &unit[..] {
        b"EX" => (true, false),
        b"PX" => (false, false),
        b"EXAT" => (true, true),
        b"PXAT" => (false, true),
        _ => return Ok(None),
    };
    let mut ms = integer(time)?;
    if is_seconds {
        ms = seconds(ms, command)?;
    }
    if is_moment {
        let _ahead_of_1970 = span(ms, command)?;
        ms = from_now(ms).max(0);
        if ms == 0 {
            return Ok(Some(Ttl::For(std::time::Duration::ZERO)));
        }
    }
    span(ms, command).map(|span| Some(Ttl::For(span)))
}
