//! The time by which entries expire: the same in every process of the machine.

#[cfg(not(loom))]
use std::sync::Arc;
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(not(loom))]
use rustix::time::{ClockId, clock_gettime};

/// Where a store has the time from.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// The time of a test, in nanoseconds.
    #[cfg(not(loom))]
    by_hand: Option<Arc<AtomicU64>>,
}

#[cfg(not(loom))]
impl Clock {
    /// A clock that stands still unless it is moved, and shares its time with its clones.
    #[must_use]
    pub fn by_hand() -> Self {
        let start = Duration::from_hours(1);
        Self {
            by_hand: Some(Arc::new(AtomicU64::new(nanoseconds(start)))),
        }
    }

    /// Moves a clock that is moved by hand; the system's goes on as it does.
    pub fn advance(&self, by: Duration) {
        if let Some(time) = &self.by_hand {
            time.fetch_add(nanoseconds(by), Ordering::AcqRel);
        }
    }

    /// Nanoseconds since the machine started.
    #[inline]
    pub(crate) fn now_ns(&self) -> u64 {
        match &self.by_hand {
            None => nanoseconds(system()),
            Some(time) => time.load(Ordering::Acquire),
        }
    }
}

/// Under the model checker no time passes.
#[cfg(loom)]
impl Clock {
    pub(crate) fn now_ns(&self) -> u64 {
        nanoseconds(Duration::from_hours(1))
    }
}

impl Clock {
    /// Milliseconds since the machine started.
    #[inline]
    pub(crate) fn now_ms(&self) -> u64 {
        self.now_ns() / NANOSECONDS_PER_MILLISECOND
    }
}

#[cfg(not(loom))]
#[inline]
fn system() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).unwrap_or(0);
    Duration::new(seconds, u32::try_from(now.tv_nsec).unwrap_or(0))
}

/// As much of a duration as 64 bits hold: five hundred years.
#[inline]
pub(crate) fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

const NANOSECONDS_PER_MILLISECOND: u64 = 1_000_000;
