//! Warns before a build that the disk has no room for.

use std::path::Path;

/// What a first `cargo xtask test` writes below `target/`, generously.
const FIRST_TEST_RUN: u64 = 6 * GIB;
const GIB: u64 = 1 << 30;

/// Says so when there is less room at `folder` than a first run of the tests takes.
pub(crate) fn warn(folder: &Path) {
    let Some(free) = free(folder).filter(|&free| free < FIRST_TEST_RUN) else {
        return;
    };
    println!(
        "── {} MiB are free below {}; a first run of the tests writes up to {} GiB",
        free >> 20,
        folder.display(),
        FIRST_TEST_RUN / GIB
    );
}

/// Bytes that this user may still write; `None` when the system does not tell.
fn free(folder: &Path) -> Option<u64> {
    let disk = rustix::fs::statvfs(folder).ok()?;
    disk.f_bavail.checked_mul(disk.f_frsize)
}
