//! Waits until a burst of changes is over: one reload for all files an editor, a checkout or
//! composer writes.

use std::time::Duration;

use tokio::time::Instant;

/// The changes that came in quick succession. Time is an argument.
#[derive(Debug, Clone, Copy)]
pub(super) struct Burst {
    began: Instant,
    last: Instant,
}

impl Burst {
    /// One begins, or goes on, at `now`.
    pub(super) fn note(burst: Option<Burst>, now: Instant) -> Burst {
        let began = burst.map_or(now, |burst| burst.began);
        Burst { began, last: now }
    }

    /// Somebody is still at work at `now`, so it is looked at again a little later.
    pub(super) fn put_off(self, now: Instant) -> Burst {
        let last = now + PAUSE - QUIET;
        Burst { last, ..self }
    }

    /// When it will be over if nothing more comes.
    pub(super) fn ends_at(self) -> Instant {
        (self.last + QUIET).min(self.began + LONGEST)
    }

    /// Whether somebody who is still at work is waited for no longer.
    pub(super) fn is_overdue(self, now: Instant) -> bool {
        now >= self.began + LONGEST
    }
}

/// Saving a file takes several steps, and so does replacing one.
const QUIET: Duration = Duration::from_millis(100);

/// Between two looks at somebody who is at work.
const PAUSE: Duration = Duration::from_millis(250);

/// The longest that changes may go on before the code is tried as it is.
const LONGEST: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_ends_when_it_is_quiet_for_a_moment() {
        let start = Instant::now();
        let burst = Burst::note(None, start);
        assert_eq!(burst.ends_at(), start + QUIET);
        let later = start + QUIET / 2;
        let burst = Burst::note(Some(burst), later);
        assert_eq!(burst.ends_at(), later + QUIET);
        assert!(!burst.is_overdue(later));
    }

    #[test]
    fn a_burst_that_is_put_off_ends_a_little_later_and_not_too_late() {
        let start = Instant::now();
        let burst = Burst::note(None, start);
        assert_eq!(burst.put_off(start).ends_at(), start + PAUSE);
        assert_eq!(burst.put_off(start + LONGEST).ends_at(), start + LONGEST);
    }

    #[test]
    fn a_burst_that_does_not_end_is_ended() {
        let start = Instant::now();
        let mut burst = Burst::note(None, start);
        let mut now = start;
        while now < start + LONGEST {
            burst = Burst::note(Some(burst), now);
            now += QUIET / 2;
        }
        assert_eq!(burst.ends_at(), start + LONGEST);
        assert!(burst.is_overdue(start + LONGEST));
    }
}
