//! A namespace in memory: what readers, writers and recovery share.

use std::fmt;

#[cfg(not(loom))]
use askr_shm::sync::AtomicU8;
use askr_shm::sync::{AtomicU64, Ordering};
use askr_shm::{Offset, Region};

use crate::clock::Clock;
use crate::layout::{CountWord, RECORD_BYTES_MIN, SpacePlan};
use crate::namespace::{Namespace, Statistics};
use crate::place::{Place, Position, RingName};
use crate::record::Record;

/// Handle to one namespace of a store.
#[derive(Clone, Copy)]
pub(crate) struct Space<'s> {
    pub(crate) region: &'s Region,
    pub(crate) plan: &'s SpacePlan,
    pub(crate) clock: &'s Clock,
    pub(crate) namespace: Namespace,
    /// Most bytes of a value.
    pub(crate) value_max: usize,
}

impl<'s> Space<'s> {
    #[inline]
    pub(crate) fn word(self, at: Offset<u64>) -> &'s AtomicU64 {
        #[cfg(test)]
        crate::death::may_come();
        self.region.word64(at)
    }

    pub(crate) fn count(self, word: CountWord) -> &'s AtomicU64 {
        self.word(self.plan.count(word))
    }

    /// The record at a place; `None` if there is no room for one.
    #[inline]
    pub(crate) fn record(self, place: Place) -> Option<Record<'s>> {
        let ring = self.plan.ring(place.ring());
        let offset = place.position().offset();
        let room = ring.capacity.checked_sub(offset)?;
        (room >= RECORD_BYTES_MIN).then(|| Record::new(self.region, ring.at + offset, room))
    }

    /// Whether the place was given up: nothing in it is to be believed.
    #[inline]
    pub(crate) fn is_stale(self, place: Place) -> bool {
        place.position() < self.tail(place.ring())
    }

    /// Where the oldest record of a ring is.
    #[inline]
    pub(crate) fn tail(self, ring: RingName) -> Position {
        Position::from_word(self.word(self.plan.tail(ring)).load(Ordering::Acquire))
    }

    /// Where the next record of a ring comes.
    pub(crate) fn head(self, ring: RingName) -> Position {
        Position::from_word(self.word(self.plan.head(ring)).load(Ordering::Relaxed))
    }

    /// How often the record at a place was read since it came there, up to a bound. A hint: two
    /// readers at once may count as one, and one that comes late counts for the next record.
    #[cfg(not(loom))]
    pub(crate) fn visits(self, place: Place) -> u8 {
        self.visits_byte(place).load(Ordering::Relaxed)
    }

    #[cfg(not(loom))]
    pub(crate) fn set_visits(self, place: Place, visits: u8) {
        self.visits_byte(place).store(visits, Ordering::Relaxed);
    }

    /// Counts a read of the record at a place.
    #[cfg(not(loom))]
    #[inline]
    pub(crate) fn visit(self, place: Place) {
        if !self.plan.evicts {
            return;
        }
        let byte = self.visits_byte(place);
        let visits = byte.load(Ordering::Relaxed);
        if visits < VISITS_MAX {
            byte.store(visits + 1, Ordering::Relaxed);
        }
    }

    #[cfg(not(loom))]
    #[inline]
    fn visits_byte(self, place: Place) -> &'s AtomicU8 {
        let ring = self.plan.ring(place.ring());
        self.region.byte(ring.visits(place.position().offset()))
    }

    /// The model has no bytes: what nobody has to rely on it does without.
    #[cfg(loom)]
    pub(crate) fn visits(self, _: Place) -> u8 {
        0
    }

    #[cfg(loom)]
    pub(crate) fn set_visits(self, _: Place, _: u8) {}

    #[cfg(loom)]
    pub(crate) fn visit(self, _: Place) {}

    pub(crate) fn statistics(self) -> Statistics {
        let count = |word| self.count(word).load(Ordering::Relaxed);
        let stripes = 0..crate::layout::STRIPES;
        let sum = |at: fn(&SpacePlan, usize) -> Offset<u64>| {
            let stripes = stripes.clone();
            stripes
                .map(|stripe| self.word(at(self.plan, stripe)).load(Ordering::Relaxed))
                .fold(0, u64::wrapping_add)
        };
        Statistics {
            entries: count(CountWord::Entries),
            bytes: count(CountWord::Bytes),
            capacity: u64::try_from(self.plan.live_bytes_max()).unwrap_or(u64::MAX),
            hits: sum(SpacePlan::hits),
            misses: sum(SpacePlan::misses),
            evictions: count(CountWord::Evictions),
            refused: count(CountWord::Refused),
        }
    }

    /// Counts an entry that had to make room.
    pub(crate) fn count_eviction(self) {
        self.count(CountWord::Evictions)
            .fetch_add(1, Ordering::Relaxed);
    }

    /// Counts a write that was refused.
    pub(crate) fn refuse(self) {
        self.count(CountWord::Refused)
            .fetch_add(1, Ordering::Relaxed);
    }
}

impl fmt::Debug for Space<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Space({})", self.namespace)
    }
}

/// More reads than this count as this many.
#[cfg(not(loom))]
const VISITS_MAX: u8 = 3;
