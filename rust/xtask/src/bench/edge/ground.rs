//! What is served: files of several sizes, and a script that takes and gives large bodies.

use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;

use crate::bench::row::Site;
use crate::files::{self, FileError};

/// What each text begins with.
pub(crate) const MARKER: &str = "A file of the benchmark.";

/// Bytes of the largest file.
pub(super) const LARGE_BYTES: u64 = 2 << 30;

pub(super) const LARGE: &str = "2g.bin";

const SMALL_BYTES: usize = 1024;
const MIDDLE_BYTES: usize = 1024 * 1024;

/// Writes it all to `folder`; the largest file is mostly a hole.
pub(in crate::bench) fn ground(folder: &Path) -> Result<Site, FileError> {
    let root = folder.join("edge");
    files::create_folder(&root)?;
    files::write(&root.join("1k.txt"), &text(SMALL_BYTES))?;
    files::write(&root.join("1m.txt"), &text(MIDDLE_BYTES))?;
    let script = folder.join("edge.php");
    files::write(&script, include_str!("worker.php"))?;
    files::write(&root.join("index.php"), "<?php\n")?;
    Ok(Site {
        root,
        without_reset: script.clone(),
        worker_script: script,
        application: None,
        certificate: None,
    })
}

/// Writes the largest file beside the others: a hole with something at every 64 MiB.
pub(super) fn large(site: &Site) -> Result<(), FileError> {
    let path = site.root.join(LARGE);
    let write = || {
        let mut file = File::create(&path)?;
        file.set_len(LARGE_BYTES)?;
        for at in (0..LARGE_BYTES).step_by(64 << 20) {
            file.seek(SeekFrom::Start(at + at % 977))?;
            write!(file, "{MARKER} {at}")?;
        }
        Ok(())
    };
    files::named("write", &path, write())
}

/// Letters that no compression makes small, and that any script can hold.
fn text(bytes: usize) -> String {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut text = format!("{MARKER}\n");
    while text.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let letters = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789  ";
        let index = usize::try_from(state >> 58).unwrap_or(0);
        text.push(char::from(letters[index]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_its_length_and_its_marker() {
        assert_eq!(text(SMALL_BYTES).len(), SMALL_BYTES);
        assert!(text(SMALL_BYTES).starts_with(MARKER));
    }
}
