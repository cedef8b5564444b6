//! Locks with an owner; they are the same in each database.

use std::time::Duration;

use askr_store::Namespace;
use bytes::Bytes;

use crate::command::Outcome;
use crate::failure::Failure;
use crate::limits::LOCK_WAIT_MAX;
use crate::locking::LockOrder;
use crate::reply::Reply;
use crate::session::Session;
use crate::words::{integer, ttl};

/// `ASKR.LOCK key owner ttl wait`
pub(crate) fn lock(_: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let wait = u64::try_from(integer(&words[4])?).map_err(|_| Failure::NotAnInteger)?;
    Ok(Outcome::Lock(LockOrder {
        key: words[1].clone(),
        owner: words[2].clone(),
        ttl: ttl(&words[3], "askr.lock")?,
        wait: Duration::from_millis(wait).min(LOCK_WAIT_MAX),
    }))
}

/// `ASKR.UNLOCK key owner`
pub(crate) fn unlock(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let is_done = session.store().release(&words[1], &words[2])?;
    Ok(Reply::flag(is_done).into())
}

/// `ASKR.REFRESH key owner ttl`
pub(crate) fn refresh(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let ttl = ttl(&words[3], "askr.refresh")?;
    let is_done = session.store().refresh(&words[1], &words[2], ttl)?;
    Ok(Reply::flag(is_done).into())
}

/// `ASKR.OWNER key`
pub(crate) fn owner(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    let holder = session.store().holder(&words[1])?;
    let owner = holder.map(|holder| Reply::Bytes(holder.owner));
    Ok(owner.unwrap_or(Reply::Null).into())
}

/// `ASKR.FORCEUNLOCK key`
pub(crate) fn force_unlock(session: &mut Session, words: &[Bytes]) -> Result<Outcome, Failure> {
    Ok(Reply::flag(session.free(&words[1])?).into())
}

/// `ASKR.UNLOCKALL`
pub(crate) fn unlock_all(session: &mut Session, _: &[Bytes]) -> Result<Outcome, Failure> {
    session.store().flush(Namespace::Locks)?;
    Ok(Reply::OK.into())
}
