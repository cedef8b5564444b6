//! A set of slots or seats, one bit each.

use askr_shm::Offset;
use askr_shm::sync::{AtomicU64, Ordering};

use crate::hall::Hall;
use crate::layout::BITMAP_WORDS;

/// A bitmap in shared memory.
#[derive(Clone, Copy)]
pub(crate) struct Bitmap<'h> {
    hall: &'h Hall,
    at: usize,
    count: u16,
}

impl<'h> Bitmap<'h> {
    pub(crate) fn new(hall: &'h Hall, at: usize, count: u16) -> Self {
        Bitmap { hall, at, count }
    }

    /// Adds a member; what was written before is visible to whoever sees the bit.
    pub(crate) fn set(self, index: u16) {
        self.word(index / 64)
            .fetch_or(1 << (index % 64), Ordering::AcqRel);
    }

    pub(crate) fn clear(self, index: u16) {
        self.word(index / 64)
            .fetch_and(!(1 << (index % 64)), Ordering::AcqRel);
    }

    /// The members at this moment. Bits beyond the count, a peer's nonsense, are left out.
    pub(crate) fn snapshot(self) -> Members {
        self.members_by(|word| word.load(Ordering::Acquire))
    }

    /// Takes all members out.
    pub(crate) fn drain(self) -> Members {
        self.members_by(|word| match word.load(Ordering::Relaxed) {
            0 => 0,
            _ => word.swap(0, Ordering::AcqRel),
        })
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = u16> {
        self.snapshot().iter()
    }

    fn members_by(self, mut read: impl FnMut(&AtomicU64) -> u64) -> Members {
        let mut members = Members {
            words: [0; BITMAP_WORDS],
        };
        let mut rest = self.count;
        for (index, word) in (0..).zip(&mut members.words) {
            if rest == 0 {
                break;
            }
            *word = read(self.word(index)) & low_bits(rest);
            rest = rest.saturating_sub(64);
        }
        members
    }

    fn word(self, word_index: u16) -> &'h AtomicU64 {
        let at = self.at + usize::from(word_index) * size_of::<u64>();
        self.hall.region().word64(Offset::new(at))
    }
}

/// A private copy of a bitmap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Members {
    words: [u64; BITMAP_WORDS],
}

impl Members {
    pub(crate) fn is_empty(self) -> bool {
        self.words == [0; BITMAP_WORDS]
    }

    pub(crate) fn remove(&mut self, index: u16) {
        self.words[usize::from(index / 64)] &= !(1 << (index % 64));
    }

    /// The members in rising order.
    pub(crate) fn iter(self) -> impl Iterator<Item = u16> {
        (0..).zip(self.words).flat_map(|(word_index, word)| {
            let mut rest = word;
            std::iter::from_fn(move || {
                let bit = u16::try_from(rest.trailing_zeros())
                    .ok()
                    .filter(|&bit| bit < 64)?;
                rest &= rest - 1;
                Some(word_index * 64 + bit)
            })
        })
    }
}

fn low_bits(count: u16) -> u64 {
    if count >= 64 {
        u64::MAX
    } else {
        (1 << count) - 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_come_in_rising_order() {
        let members = Members {
            words: [1 | 1 << 63, 0, 1 << 5, 1 << 63],
        };
        assert_eq!(members.iter().collect::<Vec<_>>(), [0, 63, 133, 255]);
    }

    #[test]
    fn a_removed_member_is_gone() {
        let mut members = Members {
            words: [3, 0, 0, 0],
        };
        members.remove(0);
        assert_eq!(members.iter().collect::<Vec<_>>(), [1]);
        members.remove(1);
        assert!(members.is_empty());
    }
}
