//! The machine's monotonic clock, by which workers say since when they are busy.
#![forbid(unsafe_code)]

use rustix::time::{ClockId, clock_gettime};

/// In ms since the machine started; never 0, which stands for no time at all.
pub(crate) fn now_ms() -> u64 {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("the monotonic clock starts at zero");
    let nanoseconds = u64::try_from(now.tv_nsec).expect("nanoseconds are positive");
    (seconds * 1000 + nanoseconds / 1_000_000).max(1)
}
