//! The status of a fleet, for people.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use askr_supervisor::{PoolStatus, Status, WorkerState, WorkerStatus};

use crate::config::{bytes_text, duration_text};

/// The generation, then each pool with its workers.
pub(super) fn text(status: &Status) -> String {
    let mut text = format!(
        "generation {} of {}, for {}\n",
        status.generation,
        status.path.display(),
        duration_text(age(status.since)),
    );
    if let Some(change) = &status.change {
        let _ = writeln!(text, "changing: {change}");
    }
    if let Some(previous) = status.previous {
        let _ = writeln!(text, "askr rollback returns to generation {previous}");
    }
    for pool in &status.pools {
        add_pool(&mut text, pool);
    }
    text
}

/// How long ago `since`, in seconds since 1970, was.
fn age(since: u64) -> Duration {
    let now = UNIX_EPOCH.elapsed().unwrap_or_default();
    Duration::from_secs(now.as_secs().saturating_sub(since))
}

fn add_pool(text: &mut String, pool: &PoolStatus) {
    let PoolStatus {
        name,
        waiting,
        workers,
    } = pool;
    let _ = writeln!(
        text,
        "\npool {name}: {} workers, {waiting} requests wait",
        workers.len()
    );
    let _ = writeln!(
        text,
        "  {:>4} {:>8} {:>5}  {:<8} {:>10} {:>8} {:>8} {:>9}",
        "SEAT", "PID", "GEN", "STATE", "REPLIES", "FAILED", "AGE", "PRIVATE"
    );
    for worker in workers {
        add_worker(text, worker);
    }
}

fn add_worker(text: &mut String, worker: &WorkerStatus) {
    let pid = worker
        .pid
        .map_or_else(|| "-".to_owned(), |pid| pid.to_string());
    let private = worker
        .private_bytes
        .map(|bytes| bytes_text(bytes >> 10 << 10));
    let _ = writeln!(
        text,
        "  {:>4} {pid:>8} {:>5}  {:<8} {:>10} {:>8} {:>7}s {:>9}{}",
        worker.seat,
        worker.generation,
        state(worker.state),
        worker.replies,
        worker.failures,
        worker.age,
        private.unwrap_or_else(|| "-".to_owned()),
        if worker.canary { "  canary" } else { "" },
    );
}

fn state(state: WorkerState) -> &'static str {
    match state {
        WorkerState::Booting => "booting",
        WorkerState::Idle => "idle",
        WorkerState::Busy => "busy",
        WorkerState::Leaving => "leaving",
        WorkerState::Killed => "killed",
    }
}
