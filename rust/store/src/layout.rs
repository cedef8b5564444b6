//! Where everything lies in the region. `docs/protocol/store.md` has the picture.
//!
//! The structs below are never instantiated: they give names and offsets to words that are
//! accessed one by one as atomics. What readers look at stands in other cache lines than what
//! writers change with each write.

use std::mem::offset_of;

use askr_shm::{Offset, lines};

use crate::limit::Limits;
use crate::limits::{NAMESPACE_BYTES_MIN, RING_BYTES_MAX};
use crate::namespace::{Namespace, Sizes};
use crate::place::RingName;
use crate::tags::Tags;

/// The first word of every store: `askrstor` read as little-endian.
pub(crate) const MAGIC: u64 = u64::from_le_bytes(*b"askrstor");

/// Changes whenever the meaning or place of any byte of the region does.
pub(crate) const LAYOUT_VERSION: u64 = 1;

/// What records are aligned to, and rings measured in.
pub(crate) const GRAIN_BYTES: usize = 16;

/// Fewest bytes of a record, so that each [`RECORD_BYTES_MIN`] of a ring hold one start at most.
pub(crate) const RECORD_BYTES_MIN: usize = 64;

/// Counters of readers, each in a cache line of its own.
#[cfg(not(loom))]
pub(crate) const STRIPES: usize = 16;
#[cfg(loom)]
pub(crate) const STRIPES: usize = 1;

lines! {
    /// What the region is. Written once, before anybody else has it.
    struct Identity {
        magic: u64,
        version: u64,
        value_max: u64,
        sizes: [u64; 5],
        seed: [u64; 2],
    }

    /// Who writes, and who waits for that.
    struct Lock {
        /// The owner's identity, with the spare bit while somebody waits; zero is free.
        owner: u64,
        /// Futex: rises when the lock is freed while somebody waits.
        freed: u32,
        /// Futex: rises when a lock of the application's is given back.
        released: u32,
    }

    /// Where the oldest record of each ring is. Readers look here.
    struct Tails { tails: [u64; 2], }

    /// What the owner of the lock is about to do, and what is kept beside it.
    struct Journal {
        step: u64,
        new: u64,
        old: u64,
        heads: [u64; 2],
        entries: u64,
        bytes: u64,
    }

    /// Where the next record of each ring comes, and counts that the owner of the lock keeps.
    struct Counts {
        heads: [u64; 2],
        entries: u64,
        bytes: u64,
        evictions: u64,
        refused: u64,
        /// When a namespace that was full was last searched for expired entries, in ms.
        swept_ms: u64,
        /// Where that search goes on.
        sweep: u64,
        /// Records that have left the small ring of the cache unread.
        ghosts: u64,
    }

    /// What one part of the readers found.
    struct Stripe {
        hits: u64,
        misses: u64,
    }
}

#[repr(C)]
struct Superblock {
    identity: Identity,
}

#[repr(C)]
struct Control {
    lock: Lock,
    tails: Tails,
    journal: Journal,
    counts: Counts,
    stripes: [Stripe; STRIPES],
}

/// Bytes that must be there before the sizes can be read.
pub(crate) const SUPERBLOCK_BYTES: usize = size_of::<Superblock>();

/// Words of the superblock.
pub(crate) mod superblock {
    use super::{Offset, Superblock, offset_of};

    pub(crate) const MAGIC: Offset<u64> = Offset::new(offset_of!(Superblock, identity.magic));
    pub(crate) const VERSION: Offset<u64> = Offset::new(offset_of!(Superblock, identity.version));
    pub(crate) const VALUE_MAX: Offset<u64> =
        Offset::new(offset_of!(Superblock, identity.value_max));

    pub(crate) fn size(index: usize) -> Offset<u64> {
        Offset::new(offset_of!(Superblock, identity.sizes) + index * 8)
    }

    pub(crate) fn seed(index: usize) -> Offset<u64> {
        Offset::new(offset_of!(Superblock, identity.seed) + index * 8)
    }
}

/// The offsets of one store, computed from sizes that were checked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) spaces: [SpacePlan; 5],
    pub(crate) sizes: Sizes,
    bytes: usize,
}

impl Plan {
    /// Lays out a store, or says what is wrong with the sizes.
    pub(crate) fn new(sizes: &Sizes) -> Result<Plan, (usize, &'static str)> {
        let mut at = SUPERBLOCK_BYTES.next_multiple_of(PAGE_BYTES);
        let mut spaces = [SpacePlan::default(); 5];
        for namespace in Namespace::ALL {
            let bytes = sizes.namespaces[namespace as usize];
            if bytes < NAMESPACE_BYTES_MIN {
                return Err((bytes, "a part of it would be too small"));
            }
            if bytes > RING_BYTES_MAX {
                return Err((bytes, "a part of it would be larger than 16 GB"));
            }
            let space = SpacePlan::new(namespace, at, bytes);
            if namespace != Namespace::Limits && space.record_bytes_max() < RECORD_BYTES_MIN {
                return Err((bytes, "a part of it would be too small"));
            }
            at = space.end().next_multiple_of(PAGE_BYTES);
            spaces[namespace as usize] = space;
        }
        let cache = &spaces[Namespace::Cache as usize];
        if sizes.value_max.saturating_add(cache.overhead_max()) > cache.record_bytes_max() {
            let reason = "a value of the largest size would take more than a quarter of the cache";
            return Err((sizes.namespaces[0], reason));
        }
        Ok(Plan {
            spaces,
            sizes: *sizes,
            bytes: at,
        })
    }

    /// Bytes of the whole region.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }
}

/// The largest value that a cache of so many bytes takes.
pub(crate) fn value_bytes_most(cache_bytes: usize) -> usize {
    let at = SUPERBLOCK_BYTES.next_multiple_of(PAGE_BYTES);
    let cache = SpacePlan::new(Namespace::Cache, at, cache_bytes);
    cache
        .record_bytes_max()
        .saturating_sub(cache.overhead_max())
}

/// Where the parts of one namespace lie.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SpacePlan {
    at: usize,
    buckets_at: usize,
    bucket_mask: u64,
    ghosts_at: usize,
    ghost_mask: u64,
    rings: [RingPlan; 2],
    /// What is kept beside the rings: the cache's tags, or the limits, which have no rings.
    table: TablePlan,
    /// Whether it makes room by dropping what is in use.
    pub(crate) evicts: bool,
}

/// Where a table lies.
#[derive(Clone, Copy, Debug, Default)]
struct TablePlan {
    at: usize,
    bytes: usize,
}

/// Where a ring lies.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct RingPlan {
    /// Offset of its first byte.
    pub(crate) at: usize,
    /// Bytes of it.
    pub(crate) capacity: usize,
    /// Offset of one byte for each [`RECORD_BYTES_MIN`] of the ring.
    visits_at: usize,
}

impl SpacePlan {
    fn new(namespace: Namespace, at: usize, bytes: usize) -> SpacePlan {
        let evicts = namespace == Namespace::Cache;
        let table_at = at + size_of::<Control>();
        let table_bytes = match namespace {
            Namespace::Cache => Tags::bytes_for(bytes),
            Namespace::Limits => (bytes - size_of::<Control>()) / LINE_BYTES * LINE_BYTES,
            _ => 0,
        };
        let buckets = match namespace {
            Namespace::Limits => 1,
            _ => (bytes / BYTES_PER_BUCKET).next_power_of_two(),
        };
        let ghosts = if evicts { buckets } else { 1 };
        let buckets_at = (table_at + table_bytes).next_multiple_of(LINE_BYTES);
        let ghosts_at = buckets_at + buckets * 8;
        let rings_at = (ghosts_at + ghosts * 8).next_multiple_of(LINE_BYTES);
        let rest = (at + bytes).saturating_sub(rings_at);
        let room = rest - rest / (RECORD_BYTES_MIN + 1);
        let small = if evicts { room / SMALL_PART } else { 0 };
        let mut plan = SpacePlan {
            at,
            buckets_at,
            bucket_mask: mask(buckets),
            ghosts_at,
            ghost_mask: mask(ghosts),
            rings: [RingPlan::default(); 2],
            table: TablePlan {
                at: table_at,
                bytes: table_bytes,
            },
            evicts,
        };
        let main_at = plan.lay(RingName::Small, rings_at, small);
        plan.lay(RingName::Main, main_at, room - small);
        plan
    }

    /// Which of the cache's tags were forgotten.
    #[inline]
    pub(crate) fn tags(&self) -> Tags {
        Tags::at(self.table.at, self.table.bytes)
    }

    /// The table of the limits.
    pub(crate) fn limits(&self) -> Limits {
        Limits::at(self.table.at, self.table.bytes)
    }

    /// Lays a ring out; returns where it ends.
    fn lay(&mut self, name: RingName, at: usize, bytes: usize) -> usize {
        let capacity = bytes / RECORD_BYTES_MIN * RECORD_BYTES_MIN;
        let visits_at = at + capacity;
        self.rings[name as usize] = RingPlan {
            at,
            capacity,
            visits_at,
        };
        (visits_at + capacity / RECORD_BYTES_MIN).next_multiple_of(LINE_BYTES)
    }

    fn end(&self) -> usize {
        let main = self.ring(RingName::Main);
        let rings_end = main.visits_at + main.capacity / RECORD_BYTES_MIN;
        rings_end.max(self.table.at + self.table.bytes)
    }

    #[inline]
    pub(crate) fn ring(&self, name: RingName) -> &RingPlan {
        &self.rings[name as usize]
    }

    /// Most bytes of one record.
    pub(crate) fn record_bytes_max(&self) -> usize {
        let main = self.ring(RingName::Main).capacity;
        let part = if self.evicts { 4 } else { COMPACTION_PART };
        main / part / GRAIN_BYTES * GRAIN_BYTES
    }

    /// Most bytes of a record beside its value.
    fn overhead_max(&self) -> usize {
        if cfg!(loom) {
            RECORD_BYTES_MIN
        } else {
            8 * 1024
        }
    }

    /// Most bytes that records in use may take.
    pub(crate) fn live_bytes_max(&self) -> usize {
        let main = self.ring(RingName::Main).capacity;
        if self.evicts {
            main + self.ring(RingName::Small).capacity
        } else {
            main / 4 * 3
        }
    }

    /// Bytes that stay free in front of the oldest record, so that it can be moved.
    pub(crate) fn reserve_bytes(&self) -> usize {
        if self.evicts {
            self.ring(RingName::Main).capacity / EVICTION_RESERVE_PART
        } else {
            self.record_bytes_max() * 2
        }
    }

    /// Most pieces that a ring is gone through to make room: twice round it.
    pub(crate) fn pieces_max(&self, ring: RingName) -> usize {
        self.ring(ring).capacity / RECORD_BYTES_MIN * 2 + 4
    }

    /// How many buckets there are.
    pub(crate) fn buckets(&self) -> u64 {
        self.bucket_mask + 1
    }

    /// The bucket of a hash.
    #[inline]
    pub(crate) fn bucket(&self, hash: u64) -> Offset<u64> {
        Offset::new(self.buckets_at + index(hash & self.bucket_mask) * 8)
    }

    /// A word of what has left the small ring lately.
    pub(crate) fn ghost(&self, number: u64) -> Offset<u64> {
        Offset::new(self.ghosts_at + index(number & self.ghost_mask) * 8)
    }

    #[inline]
    pub(crate) fn owner(&self) -> Offset<u64> {
        Offset::new(self.at + offset_of!(Control, lock.owner))
    }

    pub(crate) fn freed(&self) -> Offset<u32> {
        Offset::new(self.at + offset_of!(Control, lock.freed))
    }

    pub(crate) fn released(&self) -> Offset<u32> {
        Offset::new(self.at + offset_of!(Control, lock.released))
    }

    #[inline]
    pub(crate) fn tail(&self, ring: RingName) -> Offset<u64> {
        Offset::new(self.at + offset_of!(Control, tails.tails) + ring as usize * 8)
    }

    #[inline]
    pub(crate) fn head(&self, ring: RingName) -> Offset<u64> {
        Offset::new(self.at + offset_of!(Control, counts.heads) + ring as usize * 8)
    }

    pub(crate) fn journal(&self, word: JournalWord) -> Offset<u64> {
        Offset::new(self.at + offset_of!(Control, journal) + word as usize * 8)
    }

    pub(crate) fn count(&self, word: CountWord) -> Offset<u64> {
        Offset::new(self.at + offset_of!(Control, counts) + word as usize * 8)
    }

    #[inline]
    pub(crate) fn hits(&self, stripe: usize) -> Offset<u64> {
        Offset::new(self.stripe(stripe) + offset_of!(Stripe, hits))
    }

    #[inline]
    pub(crate) fn misses(&self, stripe: usize) -> Offset<u64> {
        Offset::new(self.stripe(stripe) + offset_of!(Stripe, misses))
    }

    #[inline]
    fn stripe(&self, stripe: usize) -> usize {
        let stripe = stripe % STRIPES;
        self.at + offset_of!(Control, stripes) + stripe * size_of::<Stripe>()
    }
}

impl RingPlan {
    /// Where the visits of the record are counted that begins so far into the ring.
    #[inline]
    pub(crate) fn visits(&self, offset: usize) -> usize {
        self.visits_at + offset / RECORD_BYTES_MIN
    }
}

/// The words of the journal, by their place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum JournalWord {
    Step = 0,
    New = 1,
    Old = 2,
    HeadMain = 3,
    HeadSmall = 4,
    Entries = 5,
    Bytes = 6,
}

/// The counts, by their place.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CountWord {
    Entries = 2,
    Bytes = 3,
    Evictions = 4,
    Refused = 5,
    SweptMs = 6,
    Sweep = 7,
    Ghosts = 8,
}

/// An index below a power of two that is one of `usize`.
#[inline]
fn index(word: u64) -> usize {
    usize::try_from(word).expect("this program needs 64-bit addresses")
}

fn mask(count: usize) -> u64 {
    u64::try_from(count).expect("this program needs 64-bit addresses") - 1
}

/// A small ring gets one part of so many.
const SMALL_PART: usize = 20;

/// Where records are evicted one part of so many stays free: a larger one is not moved.
const EVICTION_RESERVE_PART: usize = 64;

/// Where records are moved one may take one part of so many.
#[cfg(not(loom))]
const COMPACTION_PART: usize = 24;
#[cfg(loom)]
const COMPACTION_PART: usize = 4;

/// A bucket for so many bytes of a namespace.
const BYTES_PER_BUCKET: usize = if cfg!(loom) { 1024 } else { 256 };

#[cfg(not(loom))]
const LINE_BYTES: usize = 64;
#[cfg(not(loom))]
const PAGE_BYTES: usize = 4096;
#[cfg(loom)]
const LINE_BYTES: usize = 8;
#[cfg(loom)]
const PAGE_BYTES: usize = 8;

const _: () = {
    assert!(offset_of!(Superblock, identity.magic) == 0);
    assert!(offset_of!(Journal, step) == JournalWord::Step as usize * 8);
    assert!(offset_of!(Journal, new) == JournalWord::New as usize * 8);
    assert!(offset_of!(Journal, old) == JournalWord::Old as usize * 8);
    assert!(offset_of!(Journal, heads) == JournalWord::HeadMain as usize * 8);
    assert!(offset_of!(Journal, heads) + 8 == JournalWord::HeadSmall as usize * 8);
    assert!(offset_of!(Journal, entries) == JournalWord::Entries as usize * 8);
    assert!(offset_of!(Journal, bytes) == JournalWord::Bytes as usize * 8);
    assert!(offset_of!(Counts, entries) == CountWord::Entries as usize * 8);
    assert!(offset_of!(Counts, bytes) == CountWord::Bytes as usize * 8);
    assert!(offset_of!(Counts, evictions) == CountWord::Evictions as usize * 8);
    assert!(offset_of!(Counts, refused) == CountWord::Refused as usize * 8);
    assert!(offset_of!(Counts, swept_ms) == CountWord::SweptMs as usize * 8);
    assert!(offset_of!(Counts, sweep) == CountWord::Sweep as usize * 8);
    assert!(offset_of!(Counts, ghosts) == CountWord::Ghosts as usize * 8);
    assert!(size_of::<usize>() == 8);
};

#[cfg(not(loom))]
const _: () = {
    assert!(SUPERBLOCK_BYTES == 2 * LINE_BYTES);
    assert!(offset_of!(Control, tails) == LINE_BYTES);
    assert!(offset_of!(Control, journal) == 2 * LINE_BYTES);
    assert!(offset_of!(Control, counts) == 3 * LINE_BYTES);
    assert!(offset_of!(Control, stripes) == 5 * LINE_BYTES);
};
