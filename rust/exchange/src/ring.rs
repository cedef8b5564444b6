//! A stream of bytes from one process to another through a fixed piece of memory.
//!
//! The writer counts the bytes it wrote (`tail`), the reader those it read (`head`); both counts
//! only grow and start at 0 for each request. Each side keeps its own count privately and loads
//! only the other's, once per step, and checks it: the peer may have written anything there.

use askr_shm::sync::Ordering;
use askr_shm::{Offset, Region};

use crate::layout::RingPlan;

/// Handle to a ring; the writer's or the reader's position is the caller's.
#[derive(Clone, Copy)]
pub(crate) struct Ring<'h> {
    region: &'h Region,
    plan: RingPlan,
}

impl<'h> Ring<'h> {
    pub(crate) fn new(region: &'h Region, plan: RingPlan) -> Self {
        Ring { region, plan }
    }

    pub(crate) fn capacity(self) -> u64 {
        self.plan.capacity
    }

    /// Bytes that a writer at `written` can write now.
    pub(crate) fn room(self, written: u64) -> Result<usize, Bent> {
        let head = self.load(self.plan.head);
        let filled = written
            .checked_sub(head)
            .filter(|&filled| filled <= self.plan.capacity);
        match filled {
            Some(filled) => Ok(size(self.plan.capacity - filled)),
            None => Err(Bent {
                what: "ring head",
                value: head,
            }),
        }
    }

    /// Bytes that a reader at `read` can read now.
    pub(crate) fn filled(self, read: u64) -> Result<usize, Bent> {
        let tail = self.load(self.plan.tail);
        let filled = tail
            .checked_sub(read)
            .filter(|&filled| filled <= self.plan.capacity);
        filled.map(size).ok_or(Bent {
            what: "ring tail",
            value: tail,
        })
    }

    /// Writes as many of `bytes` as there is room for and moves `written` on by that.
    pub(crate) fn push(self, written: &mut u64, bytes: &[u8]) -> Result<usize, Bent> {
        let count = self.room(*written)?.min(bytes.len());
        if count == 0 {
            return Ok(0);
        }
        let (first, second) = bytes[..count].split_at(count.min(self.up_to_the_edge(*written)));
        self.region.copy_in(self.place(*written), first);
        self.region.copy_in(self.plan.at, second);
        *written += length(count);
        self.region
            .word64(self.plan.tail)
            .store(*written, Ordering::Release);
        Ok(count)
    }

    /// Reads as much into `out` as there is and fits, and moves `read` on by that.
    pub(crate) fn pull(self, read: &mut u64, out: &mut [u8]) -> Result<usize, Bent> {
        let count = self.filled(*read)?.min(out.len());
        if count == 0 {
            return Ok(0);
        }
        let (first, second) = out[..count].split_at_mut(count.min(self.up_to_the_edge(*read)));
        self.region.copy_out(self.place(*read), first);
        self.region.copy_out(self.plan.at, second);
        *read += length(count);
        self.region
            .word64(self.plan.head)
            .store(*read, Ordering::Release);
        Ok(count)
    }

    /// Like [`Ring::pull`], but appends at most `most` bytes to `out`.
    pub(crate) fn pull_onto(
        self,
        read: &mut u64,
        out: &mut Vec<u8>,
        most: usize,
    ) -> Result<usize, Bent> {
        let count = self.filled(*read)?.min(most);
        let start = out.len();
        out.resize(start + count, 0);
        let pulled = self.pull(read, &mut out[start..]);
        out.truncate(start + pulled.unwrap_or(0));
        pulled
    }

    fn load(self, at: Offset<u64>) -> u64 {
        self.region.word64(at).load(Ordering::Acquire)
    }

    fn place(self, position: u64) -> usize {
        self.plan.at + size(position & (self.plan.capacity - 1))
    }

    fn up_to_the_edge(self, position: u64) -> usize {
        size(self.plan.capacity - (position & (self.plan.capacity - 1)))
    }
}

/// The other side wrote a position that cannot be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bent {
    pub(crate) what: &'static str,
    pub(crate) value: u64,
}

/// A count of at most a ring's capacity, as a size in memory.
fn size(count: u64) -> usize {
    usize::try_from(count).expect("a ring is far smaller than the address space")
}

fn length(count: usize) -> u64 {
    u64::try_from(count).expect("a length in memory has at most 64 bits")
}
