//! What the server knows of a client, and the entries as that client sees them.

use std::sync::Arc;

use askr_store::{Namespace, OwnedValue, Store, StoreError, Ttl, Value};
use bytes::Bytes;
use std::time::Duration;

use crate::failure::Failure;
use crate::house::House;
use crate::limits::ATTEMPTS_MAX;
use crate::reply::Version;
use crate::words::borrowed;

/// One client.
#[derive(Debug)]
pub(crate) struct Session {
    /// Its number.
    pub(crate) id: u64,
    /// What it calls itself.
    pub(crate) name: Bytes,
    /// The database that it has selected.
    pub(crate) database: Database,
    /// The protocol that it speaks.
    pub(crate) version: Version,
    /// What all clients share.
    pub(crate) house: Arc<House>,
}

/// A database, by the namespace that it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Database(pub(crate) Namespace);

/// When an entry is written, and what is told of the one before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Whatever is there.
    Always,
    /// Unless there is one.
    Absent,
    /// If there is one.
    Present,
}

/// What became of a conditional write.
#[derive(Debug, PartialEq)]
pub(crate) struct Written {
    /// Whether the entry was written.
    pub(crate) is_done: bool,
    /// The one that was there.
    pub(crate) before: Option<OwnedValue>,
}

impl Database {
    /// All that can be selected, in their order.
    pub(crate) const ALL: [Self; 4] = [
        Self(Namespace::Cache),
        Self(Namespace::Counters),
        Self(Namespace::Sessions),
        Self(Namespace::Locks),
    ];
}

impl Session {
    /// A client that has said nothing yet.
    pub(crate) fn new(house: Arc<House>, id: u64) -> Self {
        Self {
            id,
            name: Bytes::new(),
            database: Database::ALL[0],
            version: Version::Two,
            house,
        }
    }

    pub(crate) fn store(&self) -> &Store {
        &self.house.store
    }

    pub(crate) fn namespace(&self) -> Namespace {
        self.database.0
    }

    /// Whether what is there are locks.
    pub(crate) fn has_locks(&self) -> bool {
        self.namespace() == Namespace::Locks
    }

    /// What there is; of a lock, its owner.
    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<OwnedValue>, StoreError> {
        if self.has_locks() {
            let holder = self.store().holder(key)?;
            return Ok(holder.map(|holder| OwnedValue::Bytes(holder.owner)));
        }
        self.store().get(self.namespace(), key)
    }

    /// For how long: `None` when there is none, `Some(None)` for ever.
    pub(crate) fn remaining(&self, key: &[u8]) -> Result<Option<Option<Duration>>, StoreError> {
        if self.has_locks() {
            return Ok(self.store().holder(key)?.map(|holder| holder.remaining));
        }
        self.store().remaining(self.namespace(), key)
    }

    /// Removes what there is; true when there was something.
    pub(crate) fn delete(&self, key: &[u8]) -> Result<bool, StoreError> {
        if self.has_locks() {
            return self.free(key);
        }
        self.store().delete(self.namespace(), key)
    }

    /// Takes a lock from whoever has it; true when somebody did.
    pub(crate) fn free(&self, key: &[u8]) -> Result<bool, StoreError> {
        for _ in 0..ATTEMPTS_MAX {
            let Some(holder) = self.store().holder(key)? else {
                return Ok(false);
            };
            if self.store().release(key, &holder.owner)? {
                return Ok(true);
            }
        }
        Err(StoreError::Busy)
    }

    /// Writes an entry depending on what is there, as one step.
    pub(crate) fn write_if(
        &self,
        condition: Condition,
        key: &[u8],
        value: Value<'_>,
        ttl: Ttl,
    ) -> Result<Written, Failure> {
        let (store, namespace) = (self.store(), self.namespace());
        for _ in 0..ATTEMPTS_MAX {
            let before = store.get(namespace, key)?;
            let is_done = match (&before, condition) {
                (None, Condition::Present) | (Some(_), Condition::Absent) => {
                    let is_done = false;
                    return Ok(Written { is_done, before });
                }
                (None, _) => store.add(namespace, key, value, ttl)?,
                (Some(found), _) => store.replace(namespace, key, borrowed(found), value, ttl)?,
            };
            if is_done {
                return Ok(Written { is_done, before });
            }
        }
        Err(StoreError::Busy.into())
    }
}
