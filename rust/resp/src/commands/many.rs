//! Several keys of one command.

use std::collections::BTreeMap;

use askr_store::Ttl;
use bytes::Bytes;

use crate::command::{Outcome, Shape};
use crate::failure::Failure;
use crate::reply::Reply;
use crate::session::Session;
use crate::words::plain;

/// `MGET key …`
pub(crate) fn get(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Outcome::Values(words[1..].to_vec(), Shape::Plain))
}

/// `MSET key value [key value …]`
pub(crate) fn set(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let entries: Vec<_> = pairs(words, "mset")?
        .iter()
        .map(|[key, value]| (&key[..], plain(value)))
        .collect();
    let store = session.store();
    store.set_many(session.namespace(), &entries, Ttl::Forever, &[])?;
    Ok(Reply::OK.into())
}

/// `MSETNX key value [key value …]`: what was written is taken back when one of them is there.
pub(crate) fn add(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let pairs = pairs(words, "msetnx")?.iter();
    // Of a key that is named twice, the last value counts.
    let pairs: BTreeMap<&Bytes, &Bytes> = pairs.map(|[key, value]| (key, value)).collect();
    let (store, namespace) = (session.store(), session.namespace());
    for key in pairs.keys() {
        if store.find(namespace, key)?.is_some() {
            return Ok(Reply::flag(false).into());
        }
    }
    for (index, (key, value)) in pairs.iter().enumerate() {
        let written = store.add(namespace, key, plain(value), Ttl::Forever);
        if written == Ok(true) {
            continue;
        }
        for (key, value) in pairs.iter().take(index) {
            store.delete_if(namespace, key, plain(value))?;
        }
        return Ok(Reply::flag(written?).into());
    }
    Ok(Reply::flag(true).into())
}

/// `DEL key …`
pub(crate) fn delete(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let mut count = 0;
    for key in &words[1..] {
        count += usize::from(session.delete(key)?);
    }
    Ok(Reply::count(count).into())
}

/// `EXISTS key …`: a key that is named twice counts twice.
pub(crate) fn exist(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let mut count = 0;
    for key in &words[1..] {
        count += usize::from(session.remaining(key)?.is_some());
    }
    Ok(Reply::count(count).into())
}

/// `TOUCH key …`: reads them, so that they count as used.
pub(crate) fn touch(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let mut count = 0;
    for key in &words[1..] {
        let found = session.store().find(session.namespace(), key)?;
        count += usize::from(found.is_some());
    }
    Ok(Reply::count(count).into())
}

fn pairs<'a>(words: &'a [Bytes], command: &'static str) -> Result<&'a [[Bytes; 2]], Failure> {
    let (pairs, rest) = words[1..].as_chunks::<2>();
    match rest {
        [] => Ok(pairs),
        _ => Err(Failure::Arity(command)),
    }
}
