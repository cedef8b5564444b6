//! The time that all processes of a machine agree on.

use rustix::time::{ClockId, Timespec, clock_gettime};

/// Milliseconds on the monotonic clock.
#[must_use]
pub fn now_ms() -> u64 {
    milliseconds(clock_gettime(ClockId::Monotonic))
}

/// Milliseconds on the monotonic clock as of the last tick of the kernel: up to ten less than
/// [`now_ms`], and several times cheaper.
#[must_use]
pub fn coarse_ms() -> u64 {
    milliseconds(clock_gettime(ClockId::MonotonicCoarse))
}

fn milliseconds(time: Timespec) -> u64 {
    let seconds = u64::try_from(time.tv_sec).expect("the monotonic clock starts at zero");
    let nanoseconds = u64::try_from(time.tv_nsec).expect("nanoseconds are below a second");
    seconds * 1000 + nanoseconds / 1_000_000
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    #[test]
    fn the_cheap_time_is_behind_by_less_than_a_tick() {
        for _ in 0..1000 {
            let coarse = coarse_ms();
            let now = now_ms();
            let later = coarse_ms();
            assert!(coarse <= now);
            assert!(now <= later + 11, "{now} {later}");
        }
    }
}
