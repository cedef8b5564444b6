//! Locks of the application: who holds one, until when, and who waits for it.
//!
//! A lock is an entry of its namespace whose value is the owner's name, so that whatever shows
//! entries shows locks. One that is to end with its holder's life has the holder's identity
//! behind the name; nobody is told of a death, so whoever wants the lock looks. Who waits sleeps
//! on one word for all locks, which changes whenever one is given back. Nothing is fair: of those
//! who wait the fastest wins.

use std::time::Duration;

use askr_shm::sync::AtomicU32;
use askr_shm::sync::Ordering::SeqCst;
use askr_shm::{Deadline, Identity, Offset, futex};

use crate::error::StoreError;
use crate::key::Ttl;
use crate::namespace::Namespace;
use crate::store::{Holder, LeaseTerms, Store};
use crate::value::{Number, OwnedValue, Value};

impl Store {
    /// Takes a lock for `owner`; false when somebody has it at the end of the wait, be it the same
    /// owner: a lock is taken once.
    pub fn acquire(
        &self,
        key: &[u8],
        owner: &[u8],
        terms: &LeaseTerms,
    ) -> Result<bool, StoreError> {
        let deadline = Deadline::after(terms.wait);
        let process = terms.until_death.then(Identity::own);
        let lease = Lease {
            owner: owner.to_vec(),
            process,
        }
        .into_bytes();
        loop {
            let seen = self.released().load(SeqCst);
            let is_waiting = !terms.wait.is_zero() && !deadline.is_over();
            match self.acquire_now(key, &lease, terms.ttl) {
                Ok(true) => return Ok(true),
                Ok(false) | Err(StoreError::Busy) if is_waiting => {}
                refused => return refused,
            }
            self.await_release(key, seen, deadline)?;
        }
    }

    /// Gives a lock back; false when `owner` does not have it.
    pub fn release(&self, key: &[u8], owner: &[u8]) -> Result<bool, StoreError> {
        let Some(held) = self.lease_of(key, owner)? else {
            return Ok(false);
        };
        self.delete_if(Namespace::Locks, key, held.as_value())
    }

    /// Gives a lock another time to stay; false when `owner` does not have it.
    pub fn refresh(&self, key: &[u8], owner: &[u8], ttl: Ttl) -> Result<bool, StoreError> {
        let Some(held) = self.lease_of(key, owner)? else {
            return Ok(false);
        };
        let value = held.as_value();
        self.replace(Namespace::Locks, key, value, value, ttl)
    }

    /// Who has a lock.
    pub fn holder(&self, key: &[u8]) -> Result<Option<Holder>, StoreError> {
        let Some(held) = self.get(Namespace::Locks, key)? else {
            return Ok(None);
        };
        let lease = Lease::from_value(&held);
        if lease.is_over() {
            return Ok(None);
        }
        let remaining = self.remaining(Namespace::Locks, key)?;
        Ok(remaining.map(|remaining| Holder {
            owner: lease.owner,
            remaining,
        }))
    }

    /// Wakes all who wait for a lock, so that they look again, when one was released.
    pub(crate) fn tell_if_released(&self, namespace: Namespace, released: bool) {
        if !released || namespace != Namespace::Locks {
            return;
        }
        let next = |seen: u32| Some(seen.wrapping_add(RELEASE) & !ASLEEP);
        let seen = self.released().fetch_update(SeqCst, SeqCst, next);
        if seen.is_ok_and(|seen| seen & ASLEEP != 0) {
            futex::wake_all(&self.region, self.released_at());
        }
    }

    fn released(&self) -> &AtomicU32 {
        self.region.word32(self.released_at())
    }

    fn released_at(&self) -> Offset<u32> {
        self.space(Namespace::Locks).plan.released()
    }

    /// Takes a lock that nobody has, or whose holder died.
    fn acquire_now(&self, key: &[u8], lease: &[u8], ttl: Ttl) -> Result<bool, StoreError> {
        let add = || self.add(Namespace::Locks, key, Value::Bytes(lease), ttl);
        if add()? {
            return Ok(true);
        }
        let Some(held) = self.get(Namespace::Locks, key)? else {
            return add();
        };
        let is_gone = Lease::from_value(&held).is_over()
            && self.delete_if(Namespace::Locks, key, held.as_value())?;
        if is_gone { add() } else { Ok(false) }
    }

    /// Sleeps until a lock is given back since `seen`, this one ends by itself, or its holder may
    /// have died.
    fn await_release(&self, key: &[u8], seen: u32, deadline: Deadline) -> Result<(), StoreError> {
        let remaining = self.remaining(Namespace::Locks, key)?;
        let Some(remaining) = remaining else {
            return Ok(());
        };
        let longest = remaining
            .unwrap_or(SLEEP_MAX)
            .min(SLEEP_MAX)
            .min(deadline.remaining());
        let asleep = seen | ASLEEP;
        let marked = self
            .released()
            .compare_exchange(seen, asleep, SeqCst, SeqCst);
        if marked.is_ok() || marked == Err(asleep) {
            // Half a millisecond on top: an end is in whole ones.
            let until = Deadline::after(longest + Duration::from_micros(500));
            futex::wait(&self.region, self.released_at(), asleep, until);
        }
        Ok(())
    }

    /// The entry of a lock, if `owner` has it.
    fn lease_of(&self, key: &[u8], owner: &[u8]) -> Result<Option<OwnedValue>, StoreError> {
        let held = self.get(Namespace::Locks, key)?;
        Ok(held.filter(|held| Lease::from_value(held).owner == owner))
    }
}

/// Whether a lock with this value ends with the life of a process.
#[cfg(not(loom))]
pub(crate) fn ends_with_a_process(value: &OwnedValue) -> bool {
    Lease::from_value(value).process.is_some()
}

/// What the value of a lock says.
#[derive(Debug, PartialEq, Eq)]
struct Lease {
    owner: Vec<u8>,
    /// Whose death ends it, if anybody's.
    process: Option<Identity>,
}

impl Lease {
    fn from_value(value: &OwnedValue) -> Self {
        let bytes = match value {
            OwnedValue::Bytes(bytes) => bytes.clone(),
            OwnedValue::Number(Number::Integer(number)) => number.to_string().into_bytes(),
            OwnedValue::Number(Number::Float(number)) => number.to_string().into_bytes(),
        };
        let (rest, word) = bytes.split_last_chunk().unwrap_or((&bytes, &[0; 8]));
        let process = Identity::from_word(u64::from_le_bytes(*word));
        match rest.strip_suffix(DIES_WITH).filter(|_| process.is_some()) {
            Some(owner) => Self {
                owner: owner.to_vec(),
                process,
            },
            None => Self {
                owner: bytes,
                process: None,
            },
        }
    }

    fn into_bytes(self) -> Vec<u8> {
        let mut bytes = self.owner;
        if let Some(process) = self.process {
            bytes.extend_from_slice(DIES_WITH);
            bytes.extend_from_slice(&process.word().to_le_bytes());
        }
        bytes
    }

    /// Whether its holder has died.
    fn is_over(&self) -> bool {
        self.process.is_some_and(|process| !process.is_alive())
    }
}

/// Between the owner's name and the identity of the process whose death ends the lock.
const DIES_WITH: &[u8; 8] = b"\0until\0\0";

/// Somebody sleeps on the word.
const ASLEEP: u32 = 1;
/// What a release adds to it.
const RELEASE: u32 = 2;
/// Longest sleep without a look: whoever gave the lock back may have died before saying so, and
/// the holder may have died.
const SLEEP_MAX: Duration = Duration::from_millis(20);
