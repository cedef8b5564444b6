//! Holds a script at a place until the test lets it go on.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, FileType, Mode, mknodat};
use tempfile::TempDir;

/// A named pipe. A script that reads a line from it waits for [`Gate::open`].
#[derive(Debug)]
pub struct Gate {
    path: PathBuf,
    pipe: File,
    _folder: TempDir,
}

impl Gate {
    /// A closed gate.
    ///
    /// # Panics
    /// When the temporary folder is not writable.
    #[must_use]
    pub fn new() -> Gate {
        let folder = tempfile::tempdir().expect("the temporary folder is writable");
        let path = folder.path().join("gate");
        mknodat(CWD, &path, FileType::Fifo, Mode::RWXU, 0).expect("the folder is new");
        // Open for reading too, so that neither side waits for the other to open it.
        let pipe = File::options().read(true).write(true).open(&path);
        Gate {
            path,
            pipe: pipe.expect("it was just made"),
            _folder: folder,
        }
    }

    /// What the script reads from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Lets one script go on, also one that comes later.
    ///
    /// # Panics
    /// Never: nobody closes the pipe.
    pub fn open(&self) {
        (&self.pipe).write_all(b"\n").expect("a pipe takes a byte");
    }
}

impl Default for Gate {
    fn default() -> Gate {
        Gate::new()
    }
}
