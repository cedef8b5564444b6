//! Owns shared memory, checked offsets, futex wait and wake between processes.
//!
//! # Responsibility
//! A sealed memory file mapped by several processes ([`Region`]), the only two ways to touch it
//! (atomic words at checked [`Offset`]s and byte copies), sleeping on a word until a
//! [`Deadline`] ([`futex`]), a descriptor another process can make readable ([`Doorbell`]),
//! whether another process still lives ([`Peer`], [`Identity`]), and the time that all of them
//! agree on ([`clock`]).
//! # Not here
//! What the words mean: `exchange` and `store` own their layouts.
//! # Invariants
//! No reference into a region exists except to a single atomic. A region never shrinks while it
//! is mapped (sealed). Every wait has a deadline.
//! # Testing
//! Unit tests beside each module. With `--cfg loom` the same types run under the model checker:
//! [`Region`] is then a table of loom's atomics, and a wait has no deadline, so that a lost
//! wake-up shows as a deadlock.

pub mod clock;
mod deadline;
mod doorbell;
mod error;
pub mod futex;
mod identity;
mod lines;
mod offset;
mod peer;
mod region;
pub mod sync;
mod words;

pub use deadline::Deadline;
pub use doorbell::Doorbell;
pub use error::{CreateError, OpenError};
pub use identity::Identity;
pub use offset::{Offset, Word};
pub use peer::Peer;
pub use region::Region;
