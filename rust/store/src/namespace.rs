//! The parts of the store: each with its own bound, and flushed alone.

use std::fmt;

/// A part of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Namespace {
    /// Cache entries; the only part that evicts.
    Cache,
    /// Counters with a lease: rate limiters and what else must not be evicted.
    Counters,
    /// Sessions.
    Sessions,
    /// Locks.
    Locks,
    /// What the gateway counts before PHP is woken.
    Limits,
}

impl Namespace {
    /// All of them, in the order of their numbers.
    pub const ALL: [Self; 5] = [
        Self::Cache,
        Self::Counters,
        Self::Sessions,
        Self::Locks,
        Self::Limits,
    ];

    /// Its name in settings, statistics and PHP.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Cache => "cache",
            Self::Counters => "counters",
            Self::Sessions => "sessions",
            Self::Locks => "locks",
            Self::Limits => "limits",
        }
    }
}

impl fmt::Display for Namespace {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Bytes of each part, records and index included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of each namespace, by its number.
    pub namespaces: [usize; 5],
    /// Most bytes of one value.
    pub value_max: usize,
}

impl Sizes {
    /// The usual shares of a store of so many bytes: three quarters for the cache, an eighth for
    /// sessions, the rest for what is small.
    #[must_use]
    pub fn of(store_bytes: usize, value_max: usize) -> Self {
        let part = |parts: usize| store_bytes / parts;
        Sizes {
            namespaces: [store_bytes - part(4), part(16), part(8), part(32), part(32)],
            value_max,
        }
    }
}

impl Sizes {
    /// The largest `value_max` that a store can have whose cache has so many bytes.
    #[must_use]
    pub fn value_bytes_most(cache_bytes: usize) -> usize {
        crate::layout::value_bytes_most(cache_bytes)
    }
}

/// What happened in a namespace since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Entries that are there, expired ones that nobody met included.
    pub entries: u64,
    /// Bytes that they take, keys and heads included.
    pub bytes: u64,
    /// Most bytes that they may take.
    pub capacity: u64,
    /// Reads that found their entry.
    pub hits: u64,
    /// Reads that found none.
    pub misses: u64,
    /// Entries that had to make room for others.
    pub evictions: u64,
    /// Writes that were refused: no room, too large, busy.
    pub refused: u64,
}
