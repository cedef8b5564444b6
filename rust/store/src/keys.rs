//! Going through the keys of a namespace, bucket by bucket.

use askr_shm::Offset;
use askr_shm::sync::{Ordering, fence, spin_loop};

use crate::error::StoreError;
use crate::limits::{CHAIN_MAX, LOCK_PATIENCE, READ_ATTEMPTS_MAX};
use crate::place::Place;
use crate::read::Holder;
use crate::record::{DEAD, Field};
use crate::space::Space;
use crate::write::Writer;

impl Space<'_> {
    /// Keys from a bucket on, and the bucket to go on from; 0 at the end.
    pub(crate) fn keys(self, from: u64, most: usize) -> Result<(Vec<Vec<u8>>, u64), StoreError> {
        let mut keys = Vec::new();
        let end = self.plan.buckets();
        let stop = from.saturating_add(BUCKETS_MAX).min(end);
        for bucket in from..stop {
            let here = self.keys_of(bucket)?;
            if !keys.is_empty() && keys.len() + here.len() > most {
                return Ok((keys, bucket));
            }
            keys.extend(here);
        }
        Ok((keys, if stop < end { stop } else { 0 }))
    }

    fn keys_of(self, bucket: u64) -> Result<Vec<Vec<u8>>, StoreError> {
        for _ in 0..READ_ATTEMPTS_MAX {
            if let Some(keys) = self.try_keys_of(bucket) {
                return Ok(keys);
            }
            spin_loop();
        }
        let mut writer = Writer::begin(self, LOCK_PATIENCE)?;
        let keys = self.try_keys_of(bucket);
        if keys.is_none() {
            writer.reset();
        }
        keys.ok_or(StoreError::Corrupt)
    }

    /// The keys of a bucket; `None` if it changed meanwhile.
    fn try_keys_of(self, bucket: u64) -> Option<Vec<Vec<u8>>> {
        let at = self.plan.bucket(bucket);
        let first = self.word(at).load(Ordering::Acquire);
        let (mut holder, mut link, mut keys) = (Holder::Bucket(at), first, Vec::new());
        for _ in 0..CHAIN_MAX {
            let Some(place) = Place::from_word(link) else {
                return self.is_still(at, first).then_some(keys);
            };
            if self.is_stale(place) {
                let whole = self.ends_at(&holder, link) && self.is_still(at, first);
                return whole.then_some(keys);
            }
            let (key, next) = self.key_at(place)?;
            keys.extend(key.filter(|key| !keys.contains(key)));
            holder = Holder::Record(place, self.record(place)?);
            link = next;
        }
        None
    }

    /// The key at a place, if it has not expired, and the next place;
    /// `None` if they changed meanwhile.
    fn key_at(self, place: Place) -> Option<(Option<Vec<u8>>, u64)> {
        let record = self.record(place)?;
        let shape = record.shape();
        let parts = record.parts(shape)?;
        let next = record.field(Field::Next).load(Ordering::Acquire);
        let mut key = vec![0; shape.key_bytes()];
        self.region.load_words(Offset::new(parts.key_at), &mut key);
        let expires_ms = record.load(Field::Expires);
        let forgotten = self.is_forgotten(parts, shape);
        let dead = record.load(Field::Sequence) == DEAD;
        fence(Ordering::Acquire);
        if dead || self.is_stale(place) {
            return None;
        }
        let wanted = !forgotten && !self.clock.has_come(expires_ms);
        Some((wanted.then_some(key), next))
    }
}

/// Most buckets that one call goes through.
const BUCKETS_MAX: u64 = 1 << 20;
