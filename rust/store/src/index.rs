//! The index as the owner of the lock sees it: chains of records that hang from buckets.

use askr_shm::Offset;
use askr_shm::sync::Ordering;

use crate::error::StoreError;
use crate::hash::Key;
use crate::limits::CHAIN_MAX;
use crate::place::Place;
use crate::record::{Field, Record, Shape};
use crate::space::Space;

/// A record that is part of the index.
#[derive(Clone, Copy)]
pub(crate) struct Linked<'s> {
    pub(crate) place: Place,
    pub(crate) record: Record<'s>,
    pub(crate) shape: Shape,
}

impl<'s> Space<'s> {
    /// The record of a key, expired or not. With the lock held.
    pub(crate) fn linked(self, key: &Key<'_>) -> Result<Option<Linked<'s>>, StoreError> {
        let mut link = self
            .word(self.plan.bucket(key.hash))
            .load(Ordering::Relaxed);
        for _ in 0..CHAIN_MAX {
            let Some(place) = Place::from_word(link).filter(|&place| !self.is_stale(place)) else {
                return Ok(None);
            };
            let record = self.record(place).ok_or(StoreError::Corrupt)?;
            let shape = record.shape();
            if record.load(Field::Hash) == key.hash && record.has_key(shape, key.bytes) {
                record.parts(shape).ok_or(StoreError::Corrupt)?;
                return Ok(Some(Linked {
                    place,
                    record,
                    shape,
                }));
            }
            link = record.load(Field::Next);
        }
        Err(StoreError::Corrupt)
    }

    /// The word that links to a record of that hash; `None` if none does. With the lock held.
    pub(crate) fn link_to(
        self,
        place: Place,
        hash: u64,
    ) -> Result<Option<Offset<u64>>, StoreError> {
        let mut at = self.plan.bucket(hash);
        for _ in 0..CHAIN_MAX {
            let link = self.word(at).load(Ordering::Relaxed);
            if link == place.word() {
                return Ok(Some(at));
            }
            let Some(next) = Place::from_word(link).filter(|&next| !self.is_stale(next)) else {
                return Ok(None);
            };
            at = self
                .record(next)
                .ok_or(StoreError::Corrupt)?
                .link(Field::Next);
        }
        Err(StoreError::Corrupt)
    }
}
