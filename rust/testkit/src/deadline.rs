//! Waiting for what must happen, not for time.

use std::thread;
use std::time::{Duration, Instant};

/// How long any wait of a test may take before the test fails.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Returns as soon as `holds` does.
///
/// # Panics
/// When it does not hold within [`DEADLINE`].
#[track_caller]
pub fn eventually(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds() {
        assert!(Instant::now() < deadline, "not within {DEADLINE:?}: {what}");
        thread::yield_now();
    }
}
