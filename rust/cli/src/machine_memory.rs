//! How much memory this process and its children may use.

use std::fs;
use std::path::{Path, PathBuf};

/// The memory of the machine and of our part of it, in bytes, as far as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MachineMemory {
    pub(crate) total: Option<u64>,
    /// The smallest limit of our cgroup and those above it.
    pub(crate) group: Option<u64>,
}

impl MachineMemory {
    /// As the kernel says.
    pub(crate) fn read() -> Self {
        let meminfo = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        Self {
            total: meminfo_bytes(&meminfo),
            group: cgroup_limit(),
        }
    }

    /// What there is to share out.
    pub(crate) fn usable(self) -> Option<u64> {
        self.total.into_iter().chain(self.group).min()
    }
}

fn meminfo_bytes(text: &str) -> Option<u64> {
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// The smallest `memory.max` of this process's cgroup and those above it.
fn cgroup_limit() -> Option<u64> {
    let membership = fs::read_to_string("/proc/self/cgroup").ok()?;
    let group = membership
        .lines()
        .find_map(|line| line.strip_prefix("0::/"))?;
    let base = Path::new("/sys/fs/cgroup");
    let own = base.join(group);
    let chain = own.ancestors().take_while(|path| path.starts_with(base));
    chain
        .map(PathBuf::from)
        .filter_map(|path| group_limit(&path))
        .min()
}

fn group_limit(group: &Path) -> Option<u64> {
    fs::read_to_string(group.join("memory.max"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machines_memory_is_read() {
        let text = "MemFree:  12 kB\nMemTotal:       16000000 kB\n";
        assert_eq!(meminfo_bytes(text), Some(16_000_000 * 1024));
        assert_eq!(meminfo_bytes("MemTotal: lots"), None);
    }

    #[test]
    fn the_narrower_limit_counts() {
        let memory = |total, group| MachineMemory { total, group }.usable();
        assert_eq!(memory(Some(4), Some(2)), Some(2));
        assert_eq!(memory(Some(4), None), Some(4));
        assert_eq!(memory(None, None), None);
    }
}
