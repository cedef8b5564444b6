//! The store as its users see it.

use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use askr_shm::Region;

use crate::error::{CreateError, OpenError, StoreError};
use crate::key::Ttl;
use crate::namespace::{Namespace, Sizes, Statistics};
use crate::value::{Kind, Number, OwnedValue, Value};

/// The store, mapped by this process.
///
/// Every operation may be called from any process that has it mapped, and from any thread; a fork
/// needs nothing done.
#[derive(Debug)]
pub struct Store {
    region: Region,
}

/// An entry that was found. It may be gone by the time it is read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Entry {
    /// What it holds.
    pub kind: Kind,
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
    /// Makes an empty store.
    pub fn create(sizes: &Sizes) -> Result<Self, CreateError> {
        todo!("CORE: {sizes:?}")
    }

    /// Maps the store behind a descriptor.
    pub fn open(fd: OwnedFd) -> Result<Self, OpenError> {
        todo!("CORE: {fd:?}")
    }

    /// The descriptor, to hand to another process.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.region.fd()
    }

    /// Looks an entry up. No lock is taken.
    pub fn find(&self, namespace: Namespace, key: &[u8]) -> Result<Option<Entry>, StoreError> {
        todo!("CORE: {namespace} {key:?}")
    }

    /// Copies the bytes of an entry that was found. False when it has changed meanwhile: `into`
    /// holds nothing of use then, and the entry is to be looked up again.
    #[must_use]
    pub fn read(&self, entry: &Entry, into: &mut [u8]) -> bool {
        todo!("CORE: {entry:?} {into:?}")
    }

    /// Looks an entry up and reads it; bounded attempts, the last with the lock.
    pub fn get(&self, namespace: Namespace, key: &[u8]) -> Result<Option<OwnedValue>, StoreError> {
        todo!("CORE: {namespace} {key:?}")
    }

    /// Writes an entry, over one that is there.
    pub fn set(
        &self,
        namespace: Namespace,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
    ) -> Result<(), StoreError> {
        todo!("CORE: {namespace} {key:?} {value:?} {ttl:?}")
    }

    /// Writes a cache entry that ends when one of its tags is forgotten.
    pub fn set_tagged(
        &self,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
        tags: &[&[u8]],
    ) -> Result<(), StoreError> {
        todo!("OPS: {key:?} {value:?} {ttl:?} {tags:?}")
    }

    /// Writes a cache entry that ends when one of its tags is forgotten, unless there is one; true
    /// when it did.
    pub fn add_tagged(
        &self,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
        tags: &[&[u8]],
    ) -> Result<bool, StoreError> {
        todo!("OPS: {key:?} {value:?} {ttl:?} {tags:?}")
    }

    /// Ends all entries with this tag, however many there are, at once.
    pub fn forget_tag(&self, tag: &[u8]) -> Result<(), StoreError> {
        todo!("OPS: {tag:?}")
    }

    /// Writes an entry unless there is one; true when it did.
    pub fn add(
        &self,
        namespace: Namespace,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
    ) -> Result<bool, StoreError> {
        todo!("CORE: {namespace} {key:?} {value:?} {ttl:?}")
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
        todo!("CORE: {namespace} {key:?} {expected:?} {value:?} {ttl:?}")
    }

    /// Deletes an entry; true when there was one.
    pub fn delete(&self, namespace: Namespace, key: &[u8]) -> Result<bool, StoreError> {
        todo!("CORE: {namespace} {key:?}")
    }

    /// Deletes an entry if it holds `expected`; true when it did.
    pub fn delete_if(
        &self,
        namespace: Namespace,
        key: &[u8],
        expected: Value<'_>,
    ) -> Result<bool, StoreError> {
        todo!("CORE: {namespace} {key:?} {expected:?}")
    }

    /// Reads an entry and deletes it, as one step.
    pub fn take(&self, namespace: Namespace, key: &[u8]) -> Result<Option<OwnedValue>, StoreError> {
        todo!("CORE: {namespace} {key:?}")
    }

    /// Gives an entry another time to stay; true when there is one.
    pub fn touch(&self, namespace: Namespace, key: &[u8], ttl: Ttl) -> Result<bool, StoreError> {
        todo!("CORE: {namespace} {key:?} {ttl:?}")
    }

    /// How long an entry stays: `None` when there is none, `Some(None)` for ever.
    pub fn remaining(
        &self,
        namespace: Namespace,
        key: &[u8],
    ) -> Result<Option<Option<Duration>>, StoreError> {
        todo!("CORE: {namespace} {key:?}")
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
        todo!("CORE: {namespace} {key:?} {by:?} {ttl:?}")
    }

    /// Deletes all entries of a namespace.
    pub fn flush(&self, namespace: Namespace) -> Result<(), StoreError> {
        todo!("CORE: {namespace}")
    }

    /// What happened in a namespace.
    #[must_use]
    pub fn statistics(&self, namespace: Namespace) -> Statistics {
        todo!("CORE: {namespace}")
    }

    /// Keys from a place on that an earlier call gave (0 at first), at most `most` of them, and the
    /// place to go on from, 0 at the end. An entry that stays throughout is met at least once.
    pub fn keys(
        &self,
        namespace: Namespace,
        from: u64,
        most: usize,
    ) -> Result<(Vec<Vec<u8>>, u64), StoreError> {
        todo!("CORE: {namespace} {from} {most}")
    }

    /// Takes a lock for `owner`; false when somebody has it at the end of the wait, be it the same
    /// owner: a lock is taken once.
    pub fn acquire(
        &self,
        key: &[u8],
        owner: &[u8],
        terms: &LeaseTerms,
    ) -> Result<bool, StoreError> {
        todo!("OPS: {key:?} {owner:?} {terms:?}")
    }

    /// Gives a lock back; false when `owner` does not have it.
    pub fn release(&self, key: &[u8], owner: &[u8]) -> Result<bool, StoreError> {
        todo!("OPS: {key:?} {owner:?}")
    }

    /// Gives a lock another time to stay; false when `owner` does not have it.
    pub fn refresh(&self, key: &[u8], owner: &[u8], ttl: Ttl) -> Result<bool, StoreError> {
        todo!("OPS: {key:?} {owner:?} {ttl:?}")
    }

    /// Who has a lock.
    pub fn holder(&self, key: &[u8]) -> Result<Option<Holder>, StoreError> {
        todo!("OPS: {key:?}")
    }

    /// Takes a token. Never waits: while somebody else holds the namespace's lock a key that is
    /// not there yet passes uncounted.
    pub fn limit(&self, key: &[u8], rate: &Rate) -> Result<Verdict, StoreError> {
        todo!("OPS: {key:?} {rate:?}")
    }
}
