//! Log lines that clients can cause, such as those about requests that were not answered by PHP:
//! at most so many in a time.
//!
//! Writing a line blocks the I/O thread. Without a bound an overload would be made worse by its
//! own log.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::limits::{COMPLAINTS_PER_S_MAX, NEWS_INTERVAL};

/// Counts lines and decides which are written.
#[derive(Debug)]
pub(crate) struct Complaints {
    /// This many …
    lines_max: u32,
    /// … in this time.
    within: Duration,
    window: Mutex<Window>,
}

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    lines: u32,
    suppressed: u64,
}

impl Default for Complaints {
    fn default() -> Complaints {
        Complaints::new(COMPLAINTS_PER_S_MAX, Duration::from_secs(1))
    }
}

impl Complaints {
    /// About what is no fault: it is enough to know that it goes on.
    pub(crate) fn of_news() -> Complaints {
        Complaints::new(1, NEWS_INTERVAL)
    }

    fn new(lines_max: u32, within: Duration) -> Complaints {
        Complaints {
            lines_max,
            within,
            window: Mutex::default(),
        }
    }

    /// Whether a line may be written at `now`; if so, how many were not since the last one.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        let mut window = self.window.lock().expect("no holder of the window panics");
        if window.began.is_none_or(|began| now - began >= self.within) {
            window.began = Some(now);
            window.lines = 0;
        }
        if window.lines >= self.lines_max {
            window.suppressed += 1;
            return None;
        }
        window.lines += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_is_cut_and_what_was_left_out_is_counted() {
        let complaints = Complaints::default();
        let start = Instant::now();
        let admitted = (0..100).filter_map(|_| complaints.admit(start)).count();
        assert_eq!(admitted, COMPLAINTS_PER_S_MAX as usize);
        let left_out = 100 - u64::from(COMPLAINTS_PER_S_MAX);
        let later = start + Duration::from_secs(1);
        assert_eq!(complaints.admit(later), Some(left_out));
        assert_eq!(complaints.admit(later), Some(0));
    }

    #[test]
    fn news_are_one_line_in_their_interval() {
        let news = Complaints::of_news();
        let start = Instant::now();
        assert_eq!(news.admit(start), Some(0));
        assert_eq!(news.admit(start + NEWS_INTERVAL / 2), None);
        assert_eq!(news.admit(start + NEWS_INTERVAL), Some(1));
    }
}
