//! The store: one piece of shared memory with cache entries, counters, locks, sessions and limits
//! that every process of a server reads and writes, and that outlives each of them.
//!
//! Reads take no lock. Writes take the lock of their namespace for a bounded time. A process may
//! die at any instruction; at most the entry that it was writing is lost.
#![forbid(unsafe_code)]

mod clock;
mod compact;
#[cfg(test)]
mod death;
mod error;
#[cfg(not(loom))]
mod file;
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
