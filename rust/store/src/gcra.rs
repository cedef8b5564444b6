//! A token bucket in one number: the generic cell rate algorithm.
//!
//! The number is the moment at which the bucket is full again. Each token that is taken moves it
//! one interval on; it may lie at most a whole bucket ahead of now. What is in the past is a full
//! bucket, so that a word of zero is one, too.

use std::time::Duration;

use crate::store::{Rate, Verdict};

/// A rate in nanoseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// From one token to the next, at least one.
    interval: u64,
    /// From an empty bucket to a full one, at least one interval.
    capacity: u64,
}

impl Bucket {
    pub(crate) fn new(rate: &Rate) -> Self {
        let interval = (nanoseconds(rate.period) / u64::from(rate.tokens.max(1))).clamp(1, LONGEST);
        let capacity = interval.saturating_mul(u64::from(rate.burst.max(1)));
        Self {
            interval,
            capacity: capacity.min(LONGEST),
        }
    }

    /// Takes a token at `now` from a bucket that is full at `full_at`: the verdict, and when the
    /// bucket is full after it. A bucket that would be full later than an empty one can be, after
    /// a change of its rate perhaps, is an empty one.
    pub(crate) fn take(self, full_at: u64, now: u64) -> (Verdict, u64) {
        let missing = full_at.saturating_sub(now).min(self.capacity);
        let after = missing + self.interval;
        let allowed = after <= self.capacity;
        let missing = if allowed { after } else { missing };
        let verdict = Verdict {
            allowed,
            remaining: self.tokens(missing),
            retry_after: Duration::from_nanos(
                (missing + self.interval).saturating_sub(self.capacity),
            ),
            reset_after: Duration::from_nanos(missing),
        };
        (verdict, now.saturating_add(missing))
    }

    /// A verdict on a request that could not be counted.
    pub(crate) fn uncounted(self) -> Verdict {
        Verdict {
            allowed: true,
            remaining: self.tokens(0),
            retry_after: Duration::ZERO,
            reset_after: Duration::ZERO,
        }
    }

    fn tokens(self, missing: u64) -> u32 {
        u32::try_from((self.capacity - missing) / self.interval).unwrap_or(u32::MAX)
    }
}

/// As much of a duration as 64 bits hold: five hundred years.
fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// Longest interval and capacity: ninety years, so that sums of them fit.
const LONGEST: u64 = u64::MAX / 6;

#[cfg(all(test, not(loom)))]
mod tests;
