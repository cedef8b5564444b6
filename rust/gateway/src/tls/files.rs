//! What files look like from outside, to notice that they have changed.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Several files as they are at one moment; symbolic links are followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Look(Vec<Option<Traits>>);

/// What changes with the contents of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Traits {
    device: u64,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Look {
    /// Looks at `files`; one that is not there looks like nothing.
    pub(super) fn at(files: &[PathBuf]) -> Look {
        Look(files.iter().map(|file| traits(file)).collect())
    }
}

fn traits(file: &Path) -> Option<Traits> {
    let metadata = std::fs::metadata(file).ok()?;
    Some(Traits {
        device: metadata.dev(),
        inode: metadata.ino(),
        bytes: metadata.size(),
        modified: (metadata.mtime(), metadata.mtime_nsec()),
        changed: (metadata.ctime(), metadata.ctime_nsec()),
    })
}
