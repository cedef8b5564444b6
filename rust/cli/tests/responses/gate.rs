//! What holds PHP up until a test lets it go on.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use askr_testkit::eventually;
use rustix::fs::{CWD, FileType, Mode, OFlags, mknodat};

/// A named pipe: a script that opens it waits until the test does, too.
pub(crate) struct Gate {
    path: PathBuf,
    open: Option<File>,
}

impl Gate {
    /// Closed.
    pub(crate) fn at(path: PathBuf) -> Self {
        mknodat(CWD, &path, FileType::Fifo, Mode::RUSR | Mode::WUSR, 0).unwrap();
        Self { path, open: None }
    }

    /// Where a script finds it.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Waits for a script that waits, and passes `word` to it.
    #[track_caller]
    pub(crate) fn pass(&mut self, word: &str) {
        let mut options = OpenOptions::new();
        // Without a reader this fails at once instead of waiting for ever.
        let flags = OFlags::NONBLOCK.bits().cast_signed();
        let options = options.write(true).custom_flags(flags);
        eventually("a script waits at the gate", || {
            self.open = self.open.take().or_else(|| options.open(&self.path).ok());
            self.open.is_some()
        });
        let open = self.open.as_mut().unwrap();
        open.write_all(word.as_bytes()).unwrap();
    }

    /// Lets the script read the end.
    pub(crate) fn close(&mut self) {
        self.open = None;
    }
}
