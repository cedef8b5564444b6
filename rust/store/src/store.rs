//! The store as its users see it.

#[cfg(not(loom))]
use std::os::fd::BorrowedFd;
use std::time::Duration;

use askr_shm::Region;

use crate::clock::{Clock, NEVER};
use crate::error::StoreError;
use crate::hash::{Key, Seed};
use crate::key::Ttl;
use crate::layout::Plan;
use crate::limits::LOCK_PATIENCE;
use crate::namespace::{Namespace, Statistics};
use crate::place::Place;
use crate::record::{Content, Shape};
use crate::space::Space;
use crate::stripe;
use crate::value::{Kind, Number, OwnedValue, Value};
use crate::write::{Draft, Writer};

/// The store, mapped by this process.
///
/// Every operation may be called from any process that has it mapped, and from any thread; a fork
/// needs nothing done.
#[derive(Debug)]
pub struct Store {
    pub(crate) region: Region,
    pub(crate) plan: Plan,
    pub(crate) seed: Seed,
    pub(crate) clock: Clock,
}

/// An entry that was found. It may be gone by the time it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What it holds.
    pub kind: Kind,
    pub(crate) namespace: Namespace,
    pub(crate) place: Place,
    pub(crate) sequence: u64,
    pub(crate) shape: Shape,
    pub(crate) content: Content,
    /// When it expires, in ms; 0 is never.
    pub(crate) expires_ms: u64,
    pub(crate) value_at: usize,
}

/// For how long a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LeaseTerms {
    /// When it frees by itself.
    pub ttl: Ttl,
    /// Whether it frees when this process dies, too.
    pub until_death: bool,
    /// How long to wait for it; zero asks once.
    pub wait: Duration,
}

/// Who has a lock.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// What it calls itself.
    pub owner: Vec<u8>,
    /// How long it has it still; `None` is for ever.
    pub remaining: Option<Duration>,
}

/// So many requests in so much time, as a token bucket that is full at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rate {
    /// Tokens that come back in `period`.
    pub tokens: u32,
    /// The time in which they do.
    pub period: Duration,
    /// Most tokens that wait: how many requests may come at once.
    pub burst: u32,
}

/// What a limit says to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether it may pass.
    pub allowed: bool,
    /// Tokens left.
    pub remaining: u32,
    /// When the next token comes, when there is none now; otherwise zero.
    pub retry_after: Duration,
    /// When the bucket is full again.
    pub reset_after: Duration,
}

impl Store {
    /// The descriptor, to hand to another process.
    #[cfg(not(loom))]
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.region.fd()
    }

    /// Looks an entry up. No lock is taken.
    #[inline]
    pub fn find(&self, namespace: Namespace, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        let key = self.key(key)?;
        let space = self.space(namespace);
        let found = space.find(&key)?;
        self.note_read(space, found.as_ref());
        Ok(found)
    }

    /// Copies the bytes of an entry that was found. False when it has changed meanwhile: `into`
    /// holds nothing of use then, and the entry is to be looked up again.
    #[inline]
    #[must_use]
    pub fn read(&self, entry: &Entry, into: &mut [u8]) -> bool {
        self.space(entry.namespace).read(entry, into)
    }

    /// Looks an entry up and reads it; bounded attempts, the last with the lock.
    pub fn get(&self, namespace: Namespace, key: &[u8]) -> Result<Option<OwnedValue>, StoreError> {
        let key = self.key(key)?;
        let space = self.space(namespace);
        let found = space.fetch(&key)?;
        self.note_read(space, found.as_ref().map(|(entry, _)| entry));
        Ok(found.map(|(_, value)| value))
    }

    /// Writes an entry, over one that is there.
    pub fn set(
        &self,
        namespace: Namespace,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
    ) -> Result<(), StoreError> {
        let key = self.key(key)?;
        self.change(namespace, |writer| {
            let there = writer.there(&key, ttl)?;
            let draft = writer.draft(value, ttl, there.as_ref());
            writer.put(&key, &draft)
        })
    }

    /// Writes an entry unless there is one; true when it did.
    pub fn add(
        &self,
        namespace: Namespace,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
    ) -> Result<bool, StoreError> {
        let key = self.key(key)?;
        self.change(namespace, |writer| {
            if writer.find(&key)?.is_some() {
                return Ok(false);
            }
            let draft = writer.draft(value, ttl, None);
            writer.put(&key, &draft)?;
            Ok(true)
        })
    }

    /// Writes an entry if it holds `expected` now; true when it did.
    pub fn replace(
        &self,
        namespace: Namespace,
        key: &[u8],
        expected: Value<'_>,
        value: Value<'_>,
        ttl: Ttl,
    ) -> Result<bool, StoreError> {
        let key = self.key(key)?;
        self.change(namespace, |writer| {
            let there = writer.find(&key)?;
            let there = there.filter(|present| writer.holds(present, expected));
            if there.is_some() {
                let draft = writer.draft(value, ttl, there.as_ref());
                writer.put(&key, &draft)?;
            }
            Ok(there.is_some())
        })
    }

    /// Deletes an entry; true when there was one.
    pub fn delete(&self, namespace: Namespace, key: &[u8]) -> Result<bool, StoreError> {
        let key = self.key(key)?;
        let deleted = self.change(namespace, |writer| {
            let there = writer.find(&key)?;
            there.map_or(Ok(false), |present| writer.remove(&present).map(|()| true))
        })?;
        self.tell_if_released(namespace, deleted);
        Ok(deleted)
    }

    /// Deletes an entry if it holds `expected`; true when it did.
    pub fn delete_if(
        &self,
        namespace: Namespace,
        key: &[u8],
        expected: Value<'_>,
    ) -> Result<bool, StoreError> {
        let key = self.key(key)?;
        let deleted = self.change(namespace, |writer| {
            let there = writer.find(&key)?;
            let there = there.filter(|present| writer.holds(present, expected));
            there.map_or(Ok(false), |present| writer.remove(&present).map(|()| true))
        })?;
        self.tell_if_released(namespace, deleted);
        Ok(deleted)
    }

    /// Reads an entry and deletes it, as one step.
    pub fn take(&self, namespace: Namespace, key: &[u8]) -> Result<Option<OwnedValue>, StoreError> {
        let key = self.key(key)?;
        let space = self.space(namespace);
        let taken = self.change(namespace, |writer| {
            let Some(present) = writer.find(&key)? else {
                return Ok(None);
            };
            let value = writer.value(&present);
            writer.remove(&present)?;
            Ok(Some(value))
        })?;
        space.count_read(self.stripe(), taken.is_some());
        Ok(taken)
    }

    /// Gives an entry another time to stay; true when there is one.
    pub fn touch(&self, namespace: Namespace, key: &[u8], ttl: Ttl) -> Result<bool, StoreError> {
        let key = self.key(key)?;
        self.change(namespace, |writer| {
            let Some(present) = writer.find(&key)? else {
                return Ok(false);
            };
            let expires_ms = writer.expiry(ttl, Some(&present));
            writer.set_expiry(&present, expires_ms)?;
            Ok(true)
        })
    }

    /// How long an entry stays: `None` when there is none, `Some(None)` for ever.
    pub fn remaining(
        &self,
        namespace: Namespace,
        key: &[u8],
    ) -> Result<Option<Option<Duration>>, StoreError> {
        let key = self.key(key)?;
        let found = self.space(namespace).find(&key)?;
        Ok(found.map(|entry| self.remaining_of(entry.expires_ms)))
    }

    /// Adds to a number. Where there is none it begins at zero and stays for `ttl`, otherwise it
    /// stays as long as it did. An integer and a float make a float.
    pub fn increment(
        &self,
        namespace: Namespace,
        key: &[u8],
        by: Number,
        ttl: Ttl,
    ) -> Result<Number, StoreError> {
        let key = self.key(key)?;
        self.change(namespace, |writer| {
            let there = writer.find(&key)?;
            let before = match there.as_ref().map(|present| present.kind) {
                None => Number::Integer(0),
                Some(Kind::Number(number)) => number,
                Some(Kind::Bytes(_)) => return Err(StoreError::NotANumber),
            };
            let after = before.plus(by).ok_or(StoreError::Overflow)?;
            match there {
                Some(present) if before.is_like(after) => writer.set_number(&present, after),
                _ => {
                    let ttl = if there.is_some() { Ttl::Kept } else { ttl };
                    let marks = there
                        .as_ref()
                        .map_or_else(Vec::new, |present| writer.marks(present));
                    let draft = Draft {
                        marks: &marks,
                        ..writer.draft(Value::Number(after), ttl, there.as_ref())
                    };
                    writer.put(&key, &draft)?;
                }
            }
            Ok(after)
        })
    }

    /// Deletes all entries of a namespace.
    pub fn flush(&self, namespace: Namespace) -> Result<(), StoreError> {
        if namespace == Namespace::Limits {
            self.flush_limits();
            return Ok(());
        }
        self.change(namespace, |writer| {
            writer.flush();
            Ok(())
        })?;
        self.tell_if_released(namespace, true);
        Ok(())
    }

    /// What happened in a namespace.
    #[must_use]
    pub fn statistics(&self, namespace: Namespace) -> Statistics {
        let counted = self.space(namespace).statistics();
        match namespace {
            Namespace::Limits => self.limits_statistics(counted),
            _ => counted,
        }
    }

    /// Keys from a place on that an earlier call gave (0 at first), and the place to go on from, 0 at
    /// the end: at most `most` of them, or a few more where that many have the same bucket. An entry
    /// that stays throughout is met at least once.
    pub fn keys(
        &self,
        namespace: Namespace,
        from: u64,
        most: usize,
    ) -> Result<(Vec<Vec<u8>>, u64), StoreError> {
        self.space(namespace).keys(from, most)
    }

    /// A key with its hash, if it has a length that a key may have.
    #[inline]
    pub(crate) fn key<'k>(&self, bytes: &'k [u8]) -> Result<Key<'k>, StoreError> {
        self.seed.key(bytes)
    }

    #[inline]
    pub(crate) fn space(&self, namespace: Namespace) -> Space<'_> {
        Space {
            region: &self.region,
            plan: &self.plan.spaces[namespace as usize],
            clock: &self.clock,
            namespace,
            value_max: self.plan.sizes.value_max,
        }
    }

    /// Runs `change` with the namespace's lock held. Memory that makes no sense is cleared.
    pub(crate) fn change<T>(
        &self,
        namespace: Namespace,
        change: impl FnOnce(&mut Writer<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.change_within(LOCK_PATIENCE, namespace, change)
    }

    /// As [`Store::change`], with another longest wait for the lock.
    pub(crate) fn change_within<T>(
        &self,
        patience: Duration,
        namespace: Namespace,
        change: impl FnOnce(&mut Writer<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let space = self.space(namespace);
        let changed = Writer::begin(space, patience).and_then(|mut writer| {
            let changed = change(&mut writer);
            if matches!(changed, Err(StoreError::Corrupt)) {
                writer.reset();
            }
            changed
        });
        changed.inspect_err(|error| {
            if error.is_refusal() {
                space.refuse();
            }
        })
    }

    /// How long it is until then; `None` is for ever.
    pub(crate) fn remaining_of(&self, expires_ms: u64) -> Option<Duration> {
        let left = || expires_ms.saturating_sub(self.clock.now_ms());
        (expires_ms != NEVER).then(|| Duration::from_millis(left()))
    }

    /// Counts a read.
    #[inline]
    fn note_read(&self, space: Space<'_>, found: Option<&Entry>) {
        space.count_read(self.stripe(), found.is_some());
        if let Some(entry) = found {
            space.visit(entry.place);
        }
    }

    /// Which of the readers' counters this process uses.
    #[inline]
    pub(crate) fn stripe(&self) -> usize {
        stripe::own()
    }
}
