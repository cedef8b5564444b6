//! Upper bounds.

use std::time::Duration;

/// Most bytes of a key.
pub const KEY_BYTES_MAX: usize = 1024;

/// Most tags of an entry.
pub const TAGS_MAX: usize = 254;

/// Longest wait for the lock of a namespace.
pub(crate) const LOCK_PATIENCE: Duration = if cfg!(loom) {
    Duration::from_hours(1)
} else {
    Duration::from_millis(90)
};

/// Looks without a lock before a reader takes it.
pub(crate) const READ_ATTEMPTS_MAX: usize = if cfg!(loom) { 2 } else { 64 };

/// Entries of one bucket that are looked at. Keys are hashed with a secret, so that a chain of more
/// than a few dozen does not come about; a longer one is a circle.
pub(crate) const CHAIN_MAX: usize = 1024;

/// Most bytes of one ring: what a position can tell apart.
pub(crate) const RING_BYTES_MAX: usize = (1 << 30) * 16;

/// Fewest bytes of a namespace.
#[cfg(not(loom))]
pub(crate) const NAMESPACE_BYTES_MIN: usize = 32 * 1024;
#[cfg(loom)]
pub(crate) const NAMESPACE_BYTES_MIN: usize = 512;
