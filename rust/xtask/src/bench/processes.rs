//! Processes below a server: which they are, what memory they take, and ending them.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal};

/// How a twin that never runs is called; it is part of its worker.
const ORIGINAL: &str = " (askr original) ";

/// How long a server may take to leave after SIGTERM.
const PATIENCE: Duration = Duration::from_secs(15);

/// A running server; it is ended when the value is dropped.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
}

impl Running {
    pub(crate) fn new(child: Child) -> Running {
        Running { child }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it has ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        !matches!(self.child.try_wait(), Ok(None))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        signal(Signal::TERM, self.id());
        let deadline = Instant::now() + PATIENCE;
        while !self.has_ended() {
            if Instant::now() > deadline {
                eprintln!("   process {} did not leave after SIGTERM", self.id());
                let _already_gone = self.child.kill();
                let _status = self.child.wait();
                return;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

/// Sends a signal; a process that is gone already is fine.
pub(crate) fn signal(signal: Signal, pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _gone = rustix::process::kill_process(pid, signal);
    }
}

/// Time that processes have spent on a processor, in nanoseconds.
pub(crate) fn cpu_ns(pids: &[u32]) -> u64 {
    let texts = pids
        .iter()
        .filter_map(|pid| std::fs::read_to_string(format!("/proc/{pid}/schedstat")).ok());
    texts.filter_map(|text| first_number(&text)).sum()
}

fn first_number(text: &str) -> Option<u64> {
    text.split_ascii_whitespace().next()?.parse().ok()
}

/// The processes that `parent` started, but for those that never run.
pub(crate) fn children(parent: u32) -> Vec<u32> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(pid) = entry
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok())
        else {
            continue;
        };
        let stat = std::fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        if parent_in(&stat) == Some(parent) && !stat.contains(ORIGINAL) {
            found.push(pid);
        }
    }
    found.sort_unstable();
    found
}

/// A process below a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Below {
    pub(crate) pid: u32,
    /// It has started nobody: a worker, or a template that is about to fork its first.
    pub(crate) is_leaf: bool,
}

/// Everybody that descends from `main`, parents first.
pub(crate) fn descendants(main: u32) -> Vec<Below> {
    let mut found = Vec::new();
    for pid in children(main) {
        let below = descendants(pid);
        let is_leaf = below.is_empty();
        found.push(Below { pid, is_leaf });
        found.extend(below);
    }
    found
}

/// The fourth field; the second, the name in parentheses, may hold anything.
fn parent_in(stat: &str) -> Option<u32> {
    let (_, rest) = stat.rsplit_once(')')?;
    rest.split_whitespace().nth(1)?.parse().ok()
}

/// Mean proportional memory of some processes, in KiB.
pub(crate) fn pss_kb(pids: &[u32]) -> Option<u64> {
    let sizes: Vec<u64> = pids
        .iter()
        .filter_map(|pid| {
            let path = format!("/proc/{pid}/smaps_rollup");
            kb_in(&std::fs::read_to_string(Path::new(&path)).ok()?, "Pss:")
        })
        .collect();
    let count = u64::try_from(sizes.len()).ok().filter(|count| *count > 0)?;
    Some(sizes.iter().sum::<u64>() / count)
}

/// What a process shares with nobody, in KiB.
pub(crate) fn private_kb(pid: u32) -> Option<u64> {
    let rollup = std::fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    Some(kb_in(&rollup, "Private_Clean:")? + kb_in(&rollup, "Private_Dirty:")?)
}

/// The value of a line of `smaps_rollup`.
pub(crate) fn kb_in(rollup: &str, name: &str) -> Option<u64> {
    let line = rollup.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parent_is_found_whatever_the_name_is() {
        assert_eq!(parent_in("12 (a) b) S 7 12 12 0"), Some(7));
        assert_eq!(parent_in(""), None);
    }

    #[test]
    fn proportional_memory_is_read_from_its_own_line() {
        let rollup = "Rss:  900 kB\nPss:  123 kB\nPss_Dirty: 5 kB\n";
        assert_eq!(kb_in(rollup, "Pss:"), Some(123));
    }
}
