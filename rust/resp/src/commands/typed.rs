//! Ours, for the driver: values with their types, times in milliseconds, tags.

use askr_store::{Namespace, OwnedValue, Ttl, Value};
use bytes::Bytes;

use crate::command::{Outcome, Shape};
use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::Session;
use crate::words::{number, ttl, typed, typed_reply};

/// `ASKR.GET key`
pub(crate) fn get(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Outcome::Value(words[1].clone(), Shape::Typed))
}

/// `ASKR.MGET key …`
pub(crate) fn get_many(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Outcome::Values(words[1..].to_vec(), Shape::Typed))
}

/// `ASKR.SET key ttl TYPE value [tag …]`
pub(crate) fn set(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let (store, namespace) = (session.store(), session.namespace());
    let Entry { key, value, ttl } = Entry::of(words, "askr.set")?;
    match tags(session, words)?.as_slice() {
        [] => store.set(namespace, key, value, ttl)?,
        tags => store.set_tagged(key, value, ttl, tags)?,
    }
    Ok(Reply::OK.into())
}

/// `ASKR.ADD key ttl TYPE value [tag …]`
pub(crate) fn add(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let (store, namespace) = (session.store(), session.namespace());
    let Entry { key, value, ttl } = Entry::of(words, "askr.add")?;
    let is_done = match tags(session, words)?.as_slice() {
        [] => store.add(namespace, key, value, ttl)?,
        tags => store.add_tagged(key, value, ttl, tags)?,
    };
    Ok(Reply::flag(is_done).into())
}

/// `ASKR.MSET ttl key TYPE value [key TYPE value …]`
pub(crate) fn set_many(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ttl = ttl(&words[1], "askr.mset")?;
    let (entries, []) = words[2..].as_chunks::<3>() else {
        return Err(Failure::Arity("askr.mset"));
    };
    let entries: Vec<_> = entries
        .iter()
        .map(|[key, kind, text]| Ok((&key[..], typed(kind, text)?)))
        .collect::<Result<_, Failure>>()?;
    let store = session.store();
    store.set_many(session.namespace(), &entries, ttl, &[])?;
    Ok(Reply::OK.into())
}

/// `ASKR.REPLACE key ttl TYPE expected TYPE value`
pub(crate) fn replace(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let (expected, value) = (typed(&words[3], &words[4])?, typed(&words[5], &words[6])?);
    let ttl = ttl(&words[2], "askr.replace")?;
    let store = session.store();
    let is_done = store.replace(session.namespace(), &words[1], expected, value, ttl)?;
    Ok(Reply::flag(is_done).into())
}

/// `ASKR.DELIF key TYPE expected`
pub(crate) fn delete_if(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let expected = typed(&words[2], &words[3])?;
    let store = session.store();
    let is_done = store.delete_if(session.namespace(), &words[1], expected)?;
    Ok(Reply::flag(is_done).into())
}

/// `ASKR.TAKE key`
pub(crate) fn take(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let taken = session.store().take(session.namespace(), &words[1])?;
    Ok(taken.map_or(Reply::Null, typed_reply).into())
}

/// `ASKR.INCR key ttl TYPE by`
pub(crate) fn increment(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ttl = ttl(&words[2], "askr.incr")?;
    let by = number(&words[3], &words[4])?;
    let store = session.store();
    let sum = store.increment(session.namespace(), &words[1], by, ttl)?;
    Ok(typed_reply(OwnedValue::Number(sum)).into())
}

/// `ASKR.TOUCH key ttl`
pub(crate) fn touch(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ttl = ttl(&words[2], "askr.touch")?;
    let is_done = session.store().touch(session.namespace(), &words[1], ttl)?;
    Ok(Reply::flag(is_done).into())
}

/// `ASKR.FORGETTAG tag …`
pub(crate) fn forget_tag(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    for tag in &words[1..] {
        session.store().forget_tag(tag)?;
    }
    Ok(Reply::OK.into())
}

/// What is to be written.
struct Entry<'a> {
    key: &'a [u8],
    value: Value<'a>,
    ttl: Ttl,
}

impl<'a> Entry<'a> {
    fn of(words: &'a [Bytes], command: &'static str) -> Result<Self, Failure> {
        Ok(Self {
            key: &words[1],
            ttl: ttl(&words[2], command)?,
            value: typed(&words[3], &words[4])?,
        })
    }
}

fn tags<'a>(session: &Session, words: &'a [Bytes]) -> Result<Vec<&'a [u8]>, Failure> {
    let tags: Vec<&[u8]> = words[5..].iter().map(|tag| &tag[..]).collect();
    if !tags.is_empty() && session.namespace() != Namespace::Cache {
        return Err(Failure::Tags);
    }
    Ok(tags)
}
