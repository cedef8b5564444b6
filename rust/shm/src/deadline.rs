//! The end of a wait.

use std::time::Duration;

#[cfg(not(loom))]
use rustix::time::Timespec;
use rustix::time::{ClockId, clock_gettime};

/// A moment on the monotonic clock, the same in every process of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Deadline {
    since_boot: Duration,
}

impl Deadline {
    /// The moment that is `patience` from now; one that never comes if that overflows.
    #[must_use]
    pub fn after(patience: Duration) -> Self {
        let most = Duration::from_secs(i64::MAX.unsigned_abs());
        Deadline {
            since_boot: now().saturating_add(patience).min(most),
        }
    }

    /// Whether the moment has come.
    #[must_use]
    pub fn is_over(self) -> bool {
        now() >= self.since_boot
    }

    /// The time until the moment; zero if it has come.
    #[must_use]
    pub fn remaining(self) -> Duration {
        self.since_boot.saturating_sub(now())
    }

    #[cfg(not(loom))]
    pub(crate) fn timespec(self) -> Timespec {
        timespec(self.since_boot)
    }
}

/// The system's form of a duration.
#[cfg(not(loom))]
pub(crate) fn timespec(duration: Duration) -> Timespec {
    Timespec {
        tv_sec: i64::try_from(duration.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(duration.subsec_nanos()),
    }
}

fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("the monotonic clock starts at zero");
    let nanoseconds = u32::try_from(now.tv_nsec).expect("nanoseconds are below a second");
    Duration::new(seconds, nanoseconds)
}
