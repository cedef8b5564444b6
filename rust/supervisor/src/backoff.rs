//! How long to wait before trying again.
#![forbid(unsafe_code)]

use std::time::{Duration, Instant};

/// Wait after the first failure.
const FIRST: Duration = Duration::from_millis(100);
/// Longest wait.
const MOST: Duration = Duration::from_secs(5);
/// Without a failure for this long the next one counts as the first.
const CALM: Duration = Duration::from_secs(10);

/// Doubling waits for something that keeps failing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Backoff {
    /// The last wait and when it was over.
    last: Option<(Duration, Instant)>,
}

impl Backoff {
    /// Records a failure at `now`; returns when to try again.
    pub(crate) fn after_failure(&mut self, now: Instant) -> Instant {
        let wait = match self.last {
            Some((wait, until)) if now < until + CALM => (wait * 2).min(MOST),
            _ => FIRST,
        };
        let until = now + wait;
        self.last = Some((wait, until));
        until
    }

    /// Forgets the failures: it has worked again.
    pub(crate) fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(number: u64) -> Duration {
        Duration::from_millis(number)
    }

    #[test]
    fn waits_double_up_to_the_longest() {
        let mut backoff = Backoff::default();
        let mut now = Instant::now();
        let mut waits = Vec::new();
        for _ in 0..8 {
            let until = backoff.after_failure(now);
            waits.push((until - now).as_millis());
            now = until;
        }
        assert_eq!(waits, [100, 200, 400, 800, 1600, 3200, 5000, 5000]);
    }

    #[test]
    fn a_calm_period_forgives() {
        let mut backoff = Backoff::default();
        let start = Instant::now();
        assert_eq!(backoff.after_failure(start), start + ms(100));
        assert_eq!(backoff.after_failure(start + ms(110)), start + ms(310));
        let later = start + Duration::from_secs(60);
        assert_eq!(backoff.after_failure(later), later + ms(100));
    }

    #[test]
    fn success_forgives() {
        let mut backoff = Backoff::default();
        let now = Instant::now();
        backoff.after_failure(now);
        backoff.reset();
        assert_eq!(backoff.after_failure(now), now + ms(100));
    }
}
