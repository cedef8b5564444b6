//! The store: one piece of shared memory with cache entries, counters, locks, sessions and limits
//! that every process of a server reads and writes, and that outlives each of them.
//!
//! # Responsibility
//! Entries with a time to live, numbers that are incremented where they are, tags, locks with an
//! owner, token buckets, who leaves the cache, and the file between two servers.
//! # Not here
//! Mapping memory, waiting and waking (`shm`); PHP's functions (`php`); programs outside the server
//! (`resp`); who is limited (`gateway`); how large the parts are (`cli`).
//! # Invariants
//! Reads take no lock. Writes take the lock of their namespace for a bounded time. A process may
//! die at any instruction; at most the entry that it was writing is lost. What stands in the memory
//! is loaded once and checked. `docs/protocol/store.md` describes all of it.
//! # Testing
//! `death` ends a writer before each of its accesses; `tests/` compares with a plain map, has
//! several processes at once, kills them at each instruction and at random, writes nonsense into
//! every word, and tries all interleavings (`loom.rs`).
#![forbid(unsafe_code)]

mod batch;
mod clock;
mod compact;
#[cfg(test)]
mod death;
#[cfg(loom)]
mod doom;
mod error;
#[cfg(not(loom))]
mod file;
#[cfg(all(any(test, feature = "fuzzing"), not(loom)))]
pub mod fuzzing;
mod gcra;
mod ghost;
mod hash;
mod index;
mod journal;
mod key;
mod keys;
mod layout;
mod leases;
mod limit;
mod limits;
mod lock;
mod namespace;
#[cfg(test)]
mod nonsense;
mod open;
mod place;
mod policy;
mod read;
mod record;
mod recover;
mod ring;
mod space;
mod store;
mod stripe;
mod tags;
mod value;
mod write;

pub use clock::Clock;
pub use error::{CreateError, OpenError, StoreError};
#[cfg(not(loom))]
pub use file::{ExportError, FileContent, ImportError};
pub use key::Ttl;
pub use limits::{KEY_BYTES_MAX, TAGS_MAX};
pub use namespace::{Namespace, Sizes, Statistics};
pub use store::{Entry, Holder, LeaseTerms, Rate, Store, Verdict};
pub use value::{Kind, Number, OwnedValue, Value};
