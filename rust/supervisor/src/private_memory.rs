//! How much memory a process shares with nobody.
#![forbid(unsafe_code)]

use std::fs;

/// Bytes that would be free if it ended: its own pages and those it has written since its fork.
/// `None` when it is gone or the system does not tell.
///
/// The kernel walks all of the process's pages for this: a fraction of a millisecond for each
/// 100 MB.
pub(crate) fn private_bytes(pid: u32) -> Option<u64> {
    parse(&fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?)
}

fn parse(rollup: &str) -> Option<u64> {
    let kilobytes = |line: &str, name: &str| {
        let value = line.strip_prefix(name)?.trim().strip_suffix(" kB")?;
        value.parse::<u64>().ok()
    };
    let sum = |name: &str| rollup.lines().find_map(|line| kilobytes(line, name));
    let [clean, dirty] = ["Private_Clean:", "Private_Dirty:"].map(sum);
    Some((clean? + dirty?).saturating_mul(1024))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clean_and_dirty_private_pages_count() {
        let rollup = "55d0-7ffd ---p 00000000 00:00 0    [rollup]\n\
            Rss:               51160 kB\nShared_Dirty:          9 kB\n\
            Private_Clean:         4 kB\nPrivate_Dirty:       788 kB\n";
        assert_eq!(parse(rollup), Some(792 * 1024));
        assert_eq!(parse("Private_Clean: 4 kB\n"), None);
        assert_eq!(parse("Private_Clean: 4 kB\nPrivate_Dirty: many kB\n"), None);
    }

    #[test]
    fn what_a_process_writes_is_its_own() {
        let before = private_bytes(std::process::id()).unwrap();
        let block = std::hint::black_box(vec![1_u8; 32 << 20]);
        let after = private_bytes(std::process::id()).unwrap();
        assert!(after >= before + (24 << 20), "{before} → {after}");
        drop(block);
    }

    #[test]
    fn a_process_that_is_not_there_has_none() {
        assert_eq!(private_bytes(u32::MAX), None);
    }
}
