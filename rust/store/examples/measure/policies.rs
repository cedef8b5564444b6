//! Other caches, simulated: which keys they would hold, and nothing else of them.
//!
//! Each holds so many entries of one size; keys are small numbers.

mod frequency;
mod order;
mod queues;
mod recency;
mod sieve;

/// A cache that reads a key and writes it where it is missing.
pub(crate) trait Policy {
    /// What it is called.
    fn name(&self) -> &'static str;

    /// Whether the key was there; now it is, if the policy takes it.
    fn ask(&mut self, key: usize) -> bool;

    /// Whether the store is measured against it.
    fn is_aim(&self) -> bool {
        false
    }
}

/// All of them, for keys below a bound, each with room for so many entries.
pub(crate) fn all(keys: usize, entries: usize) -> Vec<Box<dyn Policy>> {
    vec![
        Box::new(frequency::TinyLfu::new(keys, entries)),
        Box::new(recency::LruK::new(keys, entries)),
        Box::new(recency::Lru::new(keys, entries)),
        Box::new(recency::Fifo::new(keys, entries)),
        Box::new(queues::S3Fifo::new(keys, entries)),
        Box::new(sieve::Sieve::new(keys, entries)),
    ]
}
