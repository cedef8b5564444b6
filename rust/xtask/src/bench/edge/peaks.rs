//! The memory of every process of a server, and the most that each has had meanwhile.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::bench::processes;
use crate::bench::server::Server;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// One process.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Peak {
    /// What it is, as it calls itself.
    pub(super) name: String,
    pub(super) before_kb: u64,
    pub(super) most_kb: u64,
}

impl Peak {
    /// In MiB.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 KiB")]
    pub(super) fn growth_mib(&self) -> f64 {
        self.most_kb.saturating_sub(self.before_kb) as f64 / 1024.0
    }

    /// In MiB.
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 KiB")]
    pub(super) fn most_mib(&self) -> f64 {
        self.most_kb as f64 / 1024.0
    }
}

/// Looks at all processes again and again until `work` is done.
pub(super) fn during<T: Send>(server: &Server, work: impl FnOnce() -> T + Send) -> (T, Vec<Peak>) {
    let mut peaks: BTreeMap<u32, Peak> = BTreeMap::new();
    look(server, &mut peaks);
    for peak in peaks.values_mut() {
        peak.before_kb = peak.most_kb;
    }
    let is_over = AtomicBool::new(false);
    let done = thread::scope(|scope| {
        let working = scope.spawn(|| {
            let done = work();
            is_over.store(true, Ordering::Relaxed);
            done
        });
        while !is_over.load(Ordering::Relaxed) && !working.is_finished() {
            thread::sleep(PAUSE);
            look(server, &mut peaks);
        }
        working
            .join()
            .expect("what is done meanwhile does not panic")
    });
    (done, peaks.into_values().collect())
}

fn look(server: &Server, peaks: &mut BTreeMap<u32, Peak>) {
    let main = server.main();
    let below = server.below();
    let all = below.iter().map(|below| (below.pid, below.is_leaf));
    for (pid, is_leaf) in all.chain([(main, false)]) {
        let Some(kb) = own_kb(pid) else {
            continue;
        };
        let name = match (pid == main, is_leaf) {
            (true, _) => "main",
            (_, true) => "worker",
            _ => "template",
        };
        let peak = peaks.entry(pid).or_insert_with(|| Peak {
            name: format!("{name} {pid}"),
            before_kb: kb,
            most_kb: kb,
        });
        peak.most_kb = peak.most_kb.max(kb);
    }
}

/// Memory that is no file's: its own, and what it shares with others.
fn own_kb(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    Some(processes::kb_in(&status, "RssAnon:")? + processes::kb_in(&status, "RssShmem:")?)
}
