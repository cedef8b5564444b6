//! The machine's monotonic clock, the same in main and in every worker.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// Since the machine started; read without a system call.
pub(crate) fn now() -> Duration {
    let now = clock_gettime(ClockId::Monotonic);
    let seconds = u64::try_from(now.tv_sec).expect("the monotonic clock starts at zero");
    let nanoseconds = u32::try_from(now.tv_nsec).expect("nanoseconds are below a second");
    Duration::new(seconds, nanoseconds)
}

/// As the exchange counts time; never 0, which stands for no time at all.
pub(crate) fn ms(moment: Duration) -> u64 {
    u64::try_from(moment.as_millis()).unwrap_or(u64::MAX).max(1)
}

/// In µs, as a slot of the exchange counts time.
pub(crate) fn us(moment: Duration) -> u64 {
    u64::try_from(moment.as_micros()).unwrap_or(u64::MAX)
}
