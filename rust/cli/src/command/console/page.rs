//! The status of a fleet, for people.

use std::fmt::Write;
use std::time::{Duration, UNIX_EPOCH};

use askr_supervisor::{
    LimitStatus, NamespaceStatus, PoolStatus, Status, StoreStatus, WorkerState, WorkerStatus,
};

use crate::config::duration_text;

/// The generation, then each pool with its workers, then the store; then the same of other
/// applications.
pub(super) fn text(status: &Status) -> String {
    let mut text = one(status);
    for host in &status.hosts {
        let _ = write!(text, "\nhost {}\n{}", host.name, one(&host.status));
    }
    text
}

fn one(status: &Status) -> String {
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
    if let Some(store) = &status.store {
        add_store(&mut text, store);
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
    let private = worker.private_bytes.map(megabytes);
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

fn add_store(text: &mut String, store: &StoreStatus) {
    let socket = store.socket.as_ref();
    let socket = socket.map_or_else(
        || "not reached from outside the server".to_owned(),
        |path| format!("reached at {}", path.display()),
    );
    let _ = writeln!(text, "\nstore, {socket}");
    let _ = writeln!(
        text,
        "  {:<9} {:>9} {:>10} {:>10} {:>12} {:>12} {:>10} {:>8}",
        "PART", "ENTRIES", "BYTES", "OF", "HITS", "MISSES", "EVICTED", "REFUSED"
    );
    for part in &store.namespaces {
        add_namespace(text, part);
    }
    if !store.limits.is_empty() {
        add_limits(text, &store.limits);
    }
}

fn add_namespace(text: &mut String, part: &NamespaceStatus) {
    let _ = writeln!(
        text,
        "  {:<9} {:>9} {:>10} {:>10} {:>12} {:>12} {:>10} {:>8}",
        part.name,
        part.entries,
        megabytes(part.bytes),
        megabytes(part.capacity),
        part.hits,
        part.misses,
        part.evictions,
        part.refused,
    );
}

fn add_limits(text: &mut String, limits: &[LimitStatus]) {
    let _ = writeln!(
        text,
        "\n  {:<32} {:>12} {:>12} {:>9}",
        "LIMIT", "PASSED", "REFUSED", "UNCOUNTED"
    );
    for limit in limits {
        let _ = writeln!(
            text,
            "  {:<32} {:>12} {:>12} {:>9}",
            limit.name, limit.passed, limit.refused, limit.uncounted
        );
    }
}

fn megabytes(bytes: u64) -> String {
    let tenths = bytes.saturating_mul(10) >> 20;
    format!("{}.{} MB", tenths / 10, tenths % 10)
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

#[cfg(test)]
mod tests {
    use askr_supervisor::HostStatus;

    use super::*;

    #[test]
    fn the_page_says_which_code_runs_where() {
        let worker = |seat, state, canary, private_bytes| WorkerStatus {
            seat,
            incarnation: 7,
            pid: Some(4711),
            generation: 3,
            state,
            canary,
            replies: 120,
            failures: 2,
            age: 61,
            private_bytes,
        };
        let status = Status {
            generation: 2,
            path: "/srv/app/public".into(),
            since: u64::MAX,
            change: Some("a canary is tried".to_owned()),
            previous: Some(1),
            pools: vec![PoolStatus {
                name: "default".to_owned(),
                waiting: 5,
                workers: vec![
                    worker(0, WorkerState::Busy, true, Some(35_160_000)),
                    worker(1, WorkerState::Idle, false, None),
                ],
            }],
            store: Some(StoreStatus {
                socket: Some("/run/askr/a.store.sock".into()),
                namespaces: vec![NamespaceStatus {
                    name: "cache".to_owned(),
                    entries: 1200,
                    bytes: 3 << 20,
                    capacity: 48 << 20,
                    hits: 99,
                    misses: 7,
                    evictions: 5,
                    refused: 1,
                }],
                limits: vec![LimitStatus {
                    name: "login".to_owned(),
                    passed: 40,
                    refused: 960,
                    uncounted: 0,
                }],
            }),
            hosts: Vec::new(),
        };

        assert_eq!(
            text(&status),
            "generation 2 of /srv/app/public, for 0s\n\
             changing: a canary is tried\n\
             askr rollback returns to generation 1\n\
             \n\
             pool default: 2 workers, 5 requests wait\n\
             \u{20} SEAT      PID   GEN  STATE       REPLIES   FAILED      AGE   PRIVATE\n\
             \u{20}    0     4711     3  busy            120        2      61s   33.5 MB  canary\n\
             \u{20}    1     4711     3  idle            120        2      61s         -\n\
             \n\
             store, reached at /run/askr/a.store.sock\n\
             \u{20} PART        ENTRIES      BYTES         OF         HITS       MISSES    EVICTED  REFUSED\n\
             \u{20} cache          1200     3.0 MB    48.0 MB           99            7          5        1\n\
             \n\
             \u{20} LIMIT                                  PASSED      REFUSED UNCOUNTED\n\
             \u{20} login                                      40          960         0\n"
        );
    }

    #[test]
    fn other_applications_follow() {
        let status = |generation, hosts| Status {
            generation,
            path: "/srv/app/public".into(),
            since: u64::MAX,
            change: None,
            previous: None,
            pools: Vec::new(),
            store: None,
            hosts,
        };
        let shop = HostStatus {
            name: "shop".to_owned(),
            status: status(9, Vec::new()),
        };

        assert_eq!(
            text(&status(1, vec![shop])),
            "generation 1 of /srv/app/public, for 0s\n\
             \n\
             host shop\n\
             generation 9 of /srv/app/public, for 0s\n"
        );
    }
}
