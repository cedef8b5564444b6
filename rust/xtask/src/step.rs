//! Says what is being done and how long it took.

use std::time::{Duration, Instant};

/// Steps that take longer than this report their time.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// Runs one step under a heading.
pub(crate) fn step<T, E>(name: &str, work: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    println!("── {name}");
    let started = Instant::now();
    let result = work();
    let took = started.elapsed();
    let verdict = if result.is_ok() { "done" } else { "FAILED" };
    if took > WORTH_TELLING || result.is_err() {
        println!("   {verdict} after {}", shown(took));
    }
    result
}

/// A duration as people write it.
pub(crate) fn shown(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds >= 60 {
        return format!("{} min {} s", seconds / 60, seconds % 60);
    }
    format!("{:.1} s", duration.as_secs_f64())
}
