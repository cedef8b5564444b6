//! Rate limits: a table of token buckets that nobody locks and nobody waits for.
//!
//! A cell is two words: the hash of its key, and the moment at which its bucket is full
//! ([`Bucket`]). A full bucket says nothing that an absent one does not, so a cell frees by itself.
//! Where a line has no free cell, the bucket that was or will be full first is given up.
//!
//! Two cells never have the same key: a name is pencilled in first. Who then finds another cell
//! with that name gives its own back, or wipes out the other one when that is in pencil, too; only
//! a name that nobody has wiped out meanwhile is written in ink, and only from such a cell tokens
//! are taken. Whoever has taken one looks whether the cell still has the name, and otherwise takes
//! it again elsewhere. A process may die anywhere in between. What remains is that a token is lost
//! that is taken in the very moment in which its cell is given up.

use askr_shm::sync::AtomicU64;
use askr_shm::sync::Ordering::SeqCst;
use askr_shm::{Offset, Region};

use crate::error::StoreError;
use crate::gcra::Bucket;
use crate::namespace::{Namespace, Statistics};
use crate::store::{Rate, Store, Verdict};

impl Store {
    /// Takes a token. Never waits: while others change the same line of the table again and again
    /// a request passes uncounted.
    ///
    /// # Errors
    /// If the key has a length that a key may not have.
    pub fn limit(&self, key: &[u8], rate: &Rate) -> Result<Verdict, StoreError> {
        let hash = self.key(key)?.hash;
        let space = self.space(Namespace::Limits);
        let bucket = Bucket::new(rate);
        let now_ns = self.now_ns();
        let taken = space.plan.limits().take(&self.region, hash, bucket, now_ns);
        let Taken::Counted { verdict, evicted } = taken else {
            space.count_read(self.stripe(), false);
            return Ok(bucket.uncounted());
        };
        space.count_read(self.stripe(), true);
        if evicted {
            space.count_eviction();
        }
        if !verdict.allowed {
            space.refuse();
        }
        Ok(verdict)
    }

    /// Fills all buckets.
    pub(crate) fn flush_limits(&self) {
        let limits = self.space(Namespace::Limits).plan.limits();
        limits.flush(&self.region);
    }

    /// The counters, and what the table shows.
    pub(crate) fn limits_statistics(&self, counted: Statistics) -> Statistics {
        let limits = self.space(Namespace::Limits).plan.limits();
        let entries = limits.in_use(&self.region, self.now_ns());
        let bytes = |cells: u64| cells.saturating_mul(CELL_BYTES as u64);
        Statistics {
            entries,
            bytes: bytes(entries),
            capacity: bytes((limits.lines * CELLS) as u64),
            ..counted
        }
    }

    fn now_ns(&self) -> u64 {
        self.clock
            .now_ms()
            .saturating_mul(NANOSECONDS_PER_MILLISECOND)
    }
}

/// The table of one store: where it lies in the region.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    at: usize,
    lines: usize,
}

/// One key's two words, and where they stand in their line.
#[derive(Clone, Copy)]
struct Cell<'a> {
    place: usize,
    name: &'a AtomicU64,
    full_at: &'a AtomicU64,
}

/// What came of an attempt.
pub(crate) enum Taken {
    /// The verdict; `evicted` when another key's bucket had to be given up for this one.
    Counted { verdict: Verdict, evicted: bool },
    /// Others changed the line again and again.
    Uncounted,
}

impl Limits {
    /// The table in the `bytes` at `at`. Zeros are an empty one.
    pub(crate) const fn at(at: usize, bytes: usize) -> Self {
        assert!(
            cfg!(loom) || at.is_multiple_of(LINE_BYTES),
            "a line lies in one cache line"
        );
        assert!(bytes >= LINE_BYTES, "a table has a line");
        Self {
            at,
            lines: bytes / LINE_BYTES,
        }
    }

    /// Takes a token at `now_ns` for the key with this hash.
    pub(crate) fn take(self, region: &Region, hash: u64, bucket: Bucket, now_ns: u64) -> Taken {
        let name = ink(hash);
        let mut evicted = false;
        for _ in 0..ATTEMPTS_MAX {
            let Some(cell) = self.cells(region, name).find(|cell| cell.is_of(name)) else {
                evicted |= self.claim(region, name, now_ns);
                continue;
            };
            let full_at = cell.full_at.load(SeqCst);
            let (verdict, next) = bucket.take(full_at, now_ns);
            if cell.advance(full_at, next) && cell.is_of(name) {
                return Taken::Counted { verdict, evicted };
            }
        }
        Taken::Uncounted
    }

    /// Gives a cell to a key that has none. Returns whether another key lost its bucket.
    fn claim(self, region: &Region, name: u64, now_ns: u64) -> bool {
        let seen = self.cells(region, name).map(|cell| {
            let owner = cell.name.load(SeqCst);
            let full_at = cell.full_at.load(SeqCst);
            let is_owned = owner == ink(owner);
            (
                if is_owned { full_at.max(1) } else { 0 },
                cell,
                owner,
                full_at,
            )
        });
        let Some((in_use_until, cell, owner, full_at)) = seen.min_by_key(|seen| seen.0) else {
            return false;
        };
        let is_claimed = cell.advance(full_at, full_at.min(now_ns))
            && cell.rename(owner, pencil(name))
            && self.is_alone(region, name, cell)
            && cell.rename(pencil(name), name);
        is_claimed && in_use_until > now_ns
    }

    /// Whether no other cell has the key of `own`, which is pencilled in there.
    fn is_alone(self, region: &Region, name: u64, own: Cell<'_>) -> bool {
        let mut others = self
            .cells(region, name)
            .filter(|other| other.place != own.place);
        let is_taken = others.any(|other| {
            other.rename(pencil(name), FREE);
            other.is_of(name)
        });
        if is_taken {
            own.rename(pencil(name), FREE);
        }
        !is_taken
    }

    /// How many cells hold a bucket that is not full.
    pub(crate) fn in_use(self, region: &Region, now_ns: u64) -> u64 {
        let cells = (0..self.lines).flat_map(|line| self.line(region, line));
        let in_use = cells.filter(|cell| cell.full_at.load(SeqCst) > now_ns);
        in_use.map(|_| 1).sum()
    }

    /// Fills all buckets.
    pub(crate) fn flush(self, region: &Region) {
        for cell in (0..self.lines).flat_map(|line| self.line(region, line)) {
            cell.full_at.store(0, SeqCst);
        }
    }

    fn cells(self, region: &Region, hash: u64) -> impl Iterator<Item = Cell<'_>> {
        let lines = u64::try_from(self.lines).expect("a length fits 64 bits");
        let line = usize::try_from((hash >> 2) % lines).expect("less than a length");
        self.line(region, line)
    }

    fn line(self, region: &Region, line: usize) -> impl Iterator<Item = Cell<'_>> {
        (0..CELLS).map(move |place| {
            let at = self.at + line * LINE_BYTES + place * CELL_BYTES;
            Cell {
                place,
                name: region.word64(Offset::new(at)),
                full_at: region.word64(Offset::new(at + size_of::<u64>())),
            }
        })
    }
}

impl Cell<'_> {
    fn is_of(self, name: u64) -> bool {
        self.name.load(SeqCst) == name
    }

    /// False when it did not have that name.
    fn rename(self, from: u64, to: u64) -> bool {
        self.name.compare_exchange(from, to, SeqCst, SeqCst).is_ok()
    }

    /// Lets the bucket be full at `next`; false when it was not full at `seen` any more.
    fn advance(self, seen: u64, next: u64) -> bool {
        let update = || self.full_at.compare_exchange(seen, next, SeqCst, SeqCst);
        seen == next || update().is_ok()
    }
}

/// The name of a cell that belongs to the key with this hash.
fn ink(hash: u64) -> u64 {
    (hash | 2) & !1
}

/// The name of a cell that is to belong to a key.
fn pencil(name: u64) -> u64 {
    name | 1
}

/// The name of a cell that belongs to nobody.
const FREE: u64 = 0;

/// A cell: a name and a moment.
const CELL_BYTES: usize = 16;
const LINE_BYTES: usize = 64;
const CELLS: usize = LINE_BYTES / CELL_BYTES;
const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;
const ATTEMPTS_MAX: usize = 64;

#[cfg(all(test, not(loom)))]
mod tests;
