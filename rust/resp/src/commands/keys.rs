//! All entries of a database.

use std::collections::BTreeSet;

use askr_store::Namespace;
use bytes::Bytes;

use crate::command::Outcome;
use crate::failure::Failure;
use crate::limits::{KEYS_BYTES_MAX, KEYS_MAX, KEYS_STEP};
use crate::pattern::matches;
use crate::reply::Reply;
use crate::session::Session;
use crate::words::integer;

/// `TYPE key`
pub(crate) fn kind(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let is_there = session.remaining(&words[1])?.is_some();
    Ok(Reply::Word(if is_there { "string" } else { "none" }).into())
}

/// `KEYS pattern`
pub(crate) fn keys(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let mut found = BTreeSet::new();
    let (mut place, mut bytes) = (0, 0);
    loop {
        let (keys, next) = session
            .store()
            .keys(session.namespace(), place, KEYS_STEP)?;
        for key in keys.into_iter().filter(|key| matches(&words[1], key)) {
            bytes += key.len();
            found.insert(key);
        }
        if found.len() > KEYS_MAX || bytes > KEYS_BYTES_MAX {
            return Err(Failure::TooManyKeys);
        }
        if next == 0 {
            break;
        }
        place = next;
    }
    let keys = found.into_iter().map(Reply::Bytes);
    Ok(Reply::Array(keys.collect()).into())
}

/// `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
pub(crate) fn scan(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let place = std::str::from_utf8(&words[1]).ok();
    let place = place.and_then(|place| place.parse().ok());
    let place: u64 = place.ok_or(Failure::Cursor)?;
    let terms = ScanTerms::parse(&words[2..])?;
    let (keys, next) = session
        .store()
        .keys(session.namespace(), place, terms.count)?;
    let keys = keys.into_iter().filter(|key| terms.wants(key));
    Ok(Reply::Array(vec![
        Reply::text(next.to_string()),
        Reply::Array(keys.map(Reply::Bytes).collect()),
    ])
    .into())
}

/// `DBSIZE`
pub(crate) fn count(session: &mut Session, _: &[Bytes]) -> Result<Outcome, Failure> {
    let entries = session.store().statistics(session.namespace()).entries;
    Ok(Reply::Integer(i64::try_from(entries).unwrap_or(i64::MAX)).into())
}

/// `FLUSHDB [ASYNC | SYNC]`
pub(crate) fn flush(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    check_flush(words)?;
    session.store().flush(session.namespace())?;
    Ok(Reply::OK.into())
}

/// `FLUSHALL [ASYNC | SYNC]`: locks stay, what they guard goes on.
pub(crate) fn flush_all(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    check_flush(words)?;
    for namespace in [Namespace::Cache, Namespace::Counters, Namespace::Sessions] {
        session.store().flush(namespace)?;
    }
    Ok(Reply::OK.into())
}

fn check_flush(words: &[Bytes]) -> Result<(), Failure> {
    match &words[1..] {
        [] => Ok(()),
        [word] if word.eq_ignore_ascii_case(b"async") || word.eq_ignore_ascii_case(b"sync") => {
            Ok(())
        }
        _ => Err(Failure::Syntax),
    }
}

/// What follows the cursor.
struct ScanTerms {
    pattern: Option<Bytes>,
    count: usize,
    has_type: bool,
}

impl ScanTerms {
    fn parse(words: &[Bytes]) -> Result<Self, Failure> {
        let mut terms = Self {
            pattern: None,
            count: 10,
            has_type: true,
        };
        let (pairs, []) = words.as_chunks::<2>() else {
            return Err(Failure::Syntax);
        };
        for [name, value] in pairs {
            match &name.to_ascii_uppercase()[..] {
                b"MATCH" => terms.pattern = Some(value.clone()),
                b"COUNT" => {
                    let count = usize::try_from(integer(value)?).map_err(|_| Failure::Syntax)?;
                    if count == 0 {
                        return Err(Failure::Syntax);
                    }
                    terms.count = count.min(KEYS_STEP);
                }
                b"TYPE" => terms.has_type = value.eq_ignore_ascii_case(b"string"),
                _ => return Err(Failure::Syntax),
            }
        }
        Ok(terms)
    }

    fn wants(&self, key: &[u8]) -> bool {
        let pattern = self.pattern.as_ref();
        self.has_type && pattern.is_none_or(|pattern| matches(pattern, key))
    }
}
