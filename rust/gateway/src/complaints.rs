//! Log lines about requests that were not answered by PHP, at most so many a second.
//!
//! Writing a line blocks the I/O thread. Without a bound an overload would be made worse by its
//! own log.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::limits::COMPLAINTS_PER_S_MAX;

/// Counts lines and decides which are written.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Mutex<Window>);

#[derive(Debug, Default)]
struct Window {
    began: Option<Instant>,
    lines: u32,
    suppressed: u64,
}

impl Complaints {
    /// Whether a line may be written at `now`; if so, how many were not since the last one.
    pub(crate) fn admit(&self, now: Instant) -> Option<u64> {
        let mut window = self.0.lock().expect("no holder of the window panics");
        if window.began.is_none_or(|began| now - began >= WINDOW) {
            window.began = Some(now);
            window.lines = 0;
        }
        if window.lines >= COMPLAINTS_PER_S_MAX {
            window.suppressed += 1;
            return None;
        }
        window.lines += 1;
        Some(std::mem::take(&mut window.suppressed))
    }
}

const WINDOW: Duration = Duration::from_secs(1);

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
        assert_eq!(complaints.admit(start + WINDOW), Some(left_out));
        assert_eq!(complaints.admit(start + WINDOW), Some(0));
    }
}
