//! The store's time, in milliseconds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use askr_shm::clock;

/// What tells when an entry has expired.
#[derive(Clone, Debug, Default)]
pub enum Clock {
    /// The machine's, which all processes share.
    #[default]
    Machine,
    /// One that the caller moves: for tests.
    Manual(Arc<AtomicU64>),
}

impl Clock {
    /// The time for who writes.
    pub(crate) fn now_ms(&self) -> u64 {
        match self {
            Clock::Machine => clock::now_ms(),
            Clock::Manual(time) => time.load(Ordering::Relaxed),
        }
    }

    /// By how much its time may be short of the moment at which it was asked: it is rounded down.
    pub(crate) fn rounding_ms(&self) -> u64 {
        match self {
            Clock::Machine => 1,
            Clock::Manual(_) => 0,
        }
    }

    /// Whether the moment has come, for who reads. A clock that is cheap and behind tells, unless
    /// the moment is so near that it cannot.
    #[inline]
    pub(crate) fn has_come(&self, expires_ms: u64) -> bool {
        has_come(expires_ms, || {
            let behind_ms = self.behind_ms();
            let is_near = expires_ms > behind_ms && expires_ms - behind_ms <= TICK_MS_MAX;
            if is_near { self.now_ms() } else { behind_ms }
        })
    }

    /// The time, or up to a tick of the kernel before.
    #[inline]
    fn behind_ms(&self) -> u64 {
        match self {
            Clock::Machine => clock::coarse_ms(),
            Clock::Manual(time) => time.load(Ordering::Relaxed),
        }
    }
}

/// The longest tick that a kernel is built with.
const TICK_MS_MAX: u64 = 10;

/// When something expires that never does.
pub(crate) const NEVER: u64 = 0;

/// Whether the moment has come.
#[inline]
pub(crate) fn has_come(expires_ms: u64, now_ms: impl FnOnce() -> u64) -> bool {
    expires_ms != NEVER && expires_ms <= now_ms()
}
