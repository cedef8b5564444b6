//! Rate limits: a table of token buckets that nobody locks and nobody waits for.
//!
//! A cell is two words: the hash of its key, and the moment at which its bucket is full
//! ([`Bucket`]). A full bucket says nothing that an absent one does not, so a cell frees by itself.
//! Where all cells of a line are in use, the fullest bucket is given up: it loses the least.
//!
//! A key belongs to the first cell of its line that names it. Whoever has taken a token looks
//! whether the cell still names the key and otherwise takes it again elsewhere; whoever has named
//! a cell looks whether another one names the same key, and joins the two.

use askr_shm::sync::AtomicU64;
use askr_shm::sync::Ordering::{AcqRel, Acquire, Release};
use askr_shm::{Offset, Region};

use crate::gcra::Bucket;
use crate::store::Verdict;

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
            at.is_multiple_of(LINE_BYTES),
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
        let name = hash.max(1);
        let mut evicted = false;
        for _ in 0..ATTEMPTS_MAX {
            let Some(cell) = self.cells(region, hash).find(|cell| cell.is_of(name)) else {
                evicted |= self.claim(region, name, now_ns);
                continue;
            };
            let full_at = cell.full_at.load(Acquire);
            let (verdict, next) = bucket.take(full_at, now_ns);
            if cell.advance(full_at, next) && cell.is_of(name) {
                return Taken::Counted { verdict, evicted };
            }
        }
        Taken::Uncounted
    }

    /// Names a cell after a key that has none. Returns whether somebody lost a bucket.
    fn claim(self, region: &Region, name: u64, now_ns: u64) -> bool {
        let seen = self.cells(region, name).map(|cell| {
            let owner = cell.name.load(Acquire);
            let full_at = cell.full_at.load(Acquire);
            // A cell without a name is as free as one that was full long ago.
            let in_use = full_at.saturating_sub(now_ns) * u64::from(owner != 0);
            (in_use, cell, owner, full_at)
        });
        let Some((in_use, cell, owner, full_at)) = seen.min_by_key(|seen| seen.0) else {
            return false;
        };
        let is_empty = cell.advance(full_at, full_at.min(now_ns));
        if !is_empty
            || cell
                .name
                .compare_exchange(owner, name, AcqRel, Acquire)
                .is_err()
        {
            return false;
        }
        self.join(region, name, cell, now_ns);
        in_use > 0
    }

    /// Leaves a key to the first of two cells that were named after it at once.
    fn join(self, region: &Region, name: u64, own: Cell<'_>, now_ns: u64) {
        let others = self.cells(region, name);
        for other in others.filter(|other| other.place != own.place && other.is_of(name)) {
            let (first, second) = if other.place < own.place {
                (other, own)
            } else {
                (own, other)
            };
            if second
                .name
                .compare_exchange(name, 0, AcqRel, Acquire)
                .is_ok()
            {
                first.add(second.full_at.load(Acquire).saturating_sub(now_ns), now_ns);
            }
        }
    }

    /// How many cells hold a bucket that is not full.
    pub(crate) fn in_use(self, region: &Region, now_ns: u64) -> u64 {
        let cells = (0..self.lines).flat_map(|line| self.line(region, line));
        let in_use = cells.filter(|cell| cell.full_at.load(Acquire) > now_ns);
        in_use.map(|_| 1).sum()
    }

    /// Fills all buckets.
    pub(crate) fn flush(self, region: &Region) {
        for cell in (0..self.lines).flat_map(|line| self.line(region, line)) {
            cell.full_at.store(0, Release);
        }
    }

    fn cells(self, region: &Region, hash: u64) -> impl Iterator<Item = Cell<'_>> {
        let lines = u64::try_from(self.lines).expect("a length fits 64 bits");
        let line = usize::try_from(hash.max(1) % lines).expect("less than a length");
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
    /// Takes what is missing in another cell's bucket from this one, too.
    fn add(self, missing: u64, now_ns: u64) {
        let next = |full_at: u64| Some(full_at.max(now_ns).saturating_add(missing));
        let _always = self.full_at.fetch_update(AcqRel, Acquire, next);
    }

    fn is_of(self, name: u64) -> bool {
        self.name.load(Acquire) == name
    }

    /// True when the bucket is full at `next` now; false when it was not full at `seen` any more.
    fn advance(self, seen: u64, next: u64) -> bool {
        seen == next
            || self
                .full_at
                .compare_exchange(seen, next, AcqRel, Acquire)
                .is_ok()
    }
}

/// A cell: a name and a moment.
pub(crate) const CELL_BYTES: usize = 16;
const LINE_BYTES: usize = 64;
const CELLS: usize = LINE_BYTES / CELL_BYTES;
const ATTEMPTS_MAX: usize = 64;

#[cfg(all(test, not(loom)))]
mod tests;
