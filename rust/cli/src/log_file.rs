//! The file of `log_file`: opened anew when it was moved, and written by main alone.
//!
//! What PHP processes write to standard output and error comes through a pipe ([`Tail`]), so that
//! nobody else holds the file open, and `--user` need not be able to write it.

use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::OwnedFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tokio::net::unix::pipe::Receiver;
use tracing::warn;

/// A log file; clones are the same one.
#[derive(Clone, Debug)]
pub(crate) struct LogFile {
    path: PathBuf,
    file: Arc<RwLock<File>>,
}

/// What others have to say that is to stand in the log file, too.
#[derive(Debug)]
pub(crate) struct Tail {
    log: LogFile,
    pipe: File,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
}

impl LogFile {
    /// Opens the file for appending, and makes it if it is not there.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: Arc::new(RwLock::new(open(path)?)),
        })
    }

    /// Opens the file of that name again: the one from before has been moved. Goes on with that
    /// one when this fails.
    pub(crate) fn reopen(&self) -> io::Result<()> {
        let fresh = open(&self.path)?;
        *self.file.write().unwrap_or_else(PoisonError::into_inner) = fresh;
        Ok(())
    }

    /// The file's end of a pipe, and the end for those who write to it.
    pub(crate) fn tail(&self) -> io::Result<(Tail, OwnedFd)> {
        let (pipe, theirs) = io::pipe()?;
        let tail = Tail {
            log: self.clone(),
            pipe: OwnedFd::from(pipe).into(),
            begun: Vec::new(),
        };
        Ok((tail, theirs.into()))
    }
}

/// One write for each piece, so that lines of other writers do not fall into it.
impl Write for LogFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let file = self.file.read().unwrap_or_else(PoisonError::into_inner);
        (&*file).write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Tail {
    /// Writes down what comes, for ever.
    ///
    /// # Cancel safety
    /// Safe: nothing that was read is lost.
    pub(crate) async fn follow(&mut self) -> io::Result<()> {
        let receiver = Receiver::from_file(self.pipe.try_clone()?)?;
        let mut part = [0; PART_BYTES];
        loop {
            receiver.readable().await?;
            match receiver.try_read(&mut part) {
                Ok(0) => return Ok(()),
                Ok(count) => self.take(&part[..count]),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes down what is there and has not been read; nobody writes any more.
    pub(crate) fn finish(mut self) {
        let mut part = [0; PART_BYTES];
        while let Ok(count @ 1..) = self.pipe.read(&mut part) {
            self.take(&part[..count]);
        }
        let _ = self.log.write_all(&self.begun);
    }

    /// Writes whole lines only, unless one is longer than anybody reads.
    fn take(&mut self, part: &[u8]) {
        self.begun.extend_from_slice(part);
        let end = self.begun.iter().rposition(|byte| *byte == b'\n');
        let count = match end {
            Some(end) => end + 1,
            None if self.begun.len() >= LINE_BYTES_MAX => self.begun.len(),
            None => return,
        };
        if let Err(error) = self.log.write_all(&self.begun[..count]) {
            warn!(%error, "log file");
        }
        self.begun.drain(..count);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true).mode(0o640).open(path)
}

const LINE_BYTES_MAX: usize = 64 << 10;
const PART_BYTES: usize = 16 << 10;

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn a_file_that_was_moved_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("log"), folder.path().join("log.1"));
        fs::write(&path, "before\n").unwrap();
        let mut log = LogFile::open(&path).unwrap();
        let mut clone = log.clone();

        log.write_all(b"one\n").unwrap();
        fs::rename(&path, &moved).unwrap();
        log.write_all(b"two\n").unwrap();
        log.reopen().unwrap();
        clone.write_all(b"three\n").unwrap();

        assert_eq!(fs::read_to_string(moved).unwrap(), "before\none\ntwo\n");
        assert_eq!(fs::read_to_string(path).unwrap(), "three\n");
    }

    #[test]
    fn a_file_that_cannot_be_opened_again_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("logs");
        fs::create_dir(&inner).unwrap();
        let mut log = LogFile::open(&inner.join("log")).unwrap();
        let moved = folder.path().join("moved");
        fs::rename(&inner, &moved).unwrap();

        assert!(log.reopen().is_err());
        log.write_all(b"still\n").unwrap();

        assert_eq!(fs::read_to_string(moved.join("log")).unwrap(), "still\n");
    }

    #[tokio::test]
    async fn lines_of_others_are_written_whole_and_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = LogFile::open(&path).unwrap();
        let (mut tail, theirs) = log.tail().unwrap();
        let mut theirs = File::from(theirs);

        theirs.write_all(b"one\ntw").unwrap();
        {
            let mut following = std::pin::pin!(tail.follow());
            while fs::read_to_string(&path).unwrap() != "one\n" {
                tokio::select! {
                    result = &mut following => panic!("{result:?}"),
                    () = tokio::task::yield_now() => {}
                }
            }
        }
        log.write_all(b"main\n").unwrap();
        theirs.write_all(b"o\nthree").unwrap();
        drop(theirs);
        tail.finish();

        assert_eq!(fs::read_to_string(path).unwrap(), "one\nmain\ntwo\nthree");
    }
}
