//! The store: one piece of shared memory with cache entries, counters, locks, sessions and limits
//! that every process of a server reads and writes, and that outlives each of them.
//!
//! Reads take no lock. Writes take the lock of their namespace for a bounded time. A process may
//! die at any instruction; at most the entry that it was writing is lost.
#![forbid(unsafe_code)]

mod error;
#[allow(dead_code, reason = "limits come with the engine")]
mod gcra;
mod key;
#[allow(dead_code, reason = "limits come with the engine")]
mod limit;
mod namespace;
mod store;
#[allow(dead_code, reason = "tagged entries come with the engine")]
mod tags;
mod value;

pub use error::{CreateError, OpenError, StoreError};
pub use key::Ttl;
pub use namespace::{Namespace, Sizes, Statistics};
pub use store::{Entry, Holder, LeaseTerms, Rate, Store, Verdict};
pub use value::{Kind, Number, OwnedValue, Value};
