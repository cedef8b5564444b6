//! What has left the small ring of the cache unread lately: a hash, and when.

use askr_shm::sync::Ordering;

use crate::layout::CountWord;
use crate::space::Space;

impl Space<'_> {
    /// Remembers the hash of a record that is dropped, in place of the one of its line that was
    /// dropped longest ago.
    pub(crate) fn remember(self, hash: u64) {
        let count = self.count(CountWord::Ghosts);
        let now = count.load(Ordering::Relaxed).wrapping_add(1);
        count.store(now, Ordering::Relaxed);
        let words = (0..WAYS).map(|way| self.word(self.plan.ghost(line(hash) + way)));
        let oldest = words.max_by_key(|word| age(word.load(Ordering::Relaxed), now));
        if let Some(word) = oldest {
            word.store(mark(hash) | now & AGE_MASK, Ordering::Relaxed);
        }
    }

    /// Whether a record with this hash was dropped lately: since when half as many were as the
    /// cache has entries.
    pub(crate) fn is_ghost(self, hash: u64) -> bool {
        let now = self.count(CountWord::Ghosts).load(Ordering::Relaxed);
        let most = self.count(CountWord::Entries).load(Ordering::Relaxed) / 2;
        (0..WAYS).any(|way| {
            let word = self.word(self.plan.ghost(line(hash) + way));
            let word = word.load(Ordering::Relaxed);
            word != 0 && word & !AGE_MASK == mark(hash) && age(word, now) <= most
        })
    }
}

/// How many were dropped since.
fn age(word: u64, now: u64) -> u64 {
    match word {
        0 => u64::MAX,
        _ => now.wrapping_sub(word) & AGE_MASK,
    }
}

/// The first word that may hold a hash.
fn line(hash: u64) -> u64 {
    (hash >> 20) * WAYS
}

/// The part of a hash that is remembered.
fn mark(hash: u64) -> u64 {
    hash & !AGE_MASK
}

/// A word holds 32 bits of the hash and 32 of the count.
const AGE_MASK: u64 = u32::MAX as u64;

/// Places of a hash.
const WAYS: u64 = 4;
