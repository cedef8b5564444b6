//! Where lines end up.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::AccessLogPlace;
use super::syslog::Syslog;

/// An open [`AccessLogPlace`].
#[derive(Debug)]
pub(super) enum Sink {
    File(Stream, PathBuf),
    Stdout(Stream),
    Syslog(Syslog),
}

/// A file or a pipe.
#[derive(Debug)]
pub(super) struct Stream {
    file: File,
    /// The last line in it has no end.
    is_torn: bool,
}

impl Sink {
    pub(super) fn open(place: &AccessLogPlace) -> io::Result<Sink> {
        match place {
            AccessLogPlace::File(path) => Ok(Sink::File(Stream::new(open(path)?), path.clone())),
            AccessLogPlace::Stdout => {
                let stdout = io::stdout().as_fd().try_clone_to_owned()?;
                Ok(Sink::Stdout(Stream::new(stdout.into())))
            }
            AccessLogPlace::Syslog(address) => Syslog::open(address).map(Sink::Syslog),
        }
    }

    /// Writes whole lines. The error comes with how many of them are lost.
    pub(super) fn write(&mut self, lines: &[u8]) -> Result<(), (u64, io::Error)> {
        match self {
            Sink::File(stream, _) | Sink::Stdout(stream) => stream.write(lines),
            Sink::Syslog(syslog) => syslog.write(lines),
        }
    }

    /// Opens a file again by its name: the one from before was moved. Goes on with that one when
    /// this fails. Whether there is a file.
    pub(super) fn reopen(&mut self) -> io::Result<bool> {
        let Sink::File(stream, path) = self else {
            return Ok(false);
        };
        *stream = Stream::new(open(path)?);
        Ok(true)
    }
}

impl Stream {
    fn new(file: File) -> Stream {
        Stream {
            file,
            is_torn: false,
        }
    }

    fn write(&mut self, lines: &[u8]) -> Result<(), (u64, io::Error)> {
        if self.is_torn {
            self.file
                .write_all(b"\n")
                .map_err(|error| (count(lines), error))?;
            self.is_torn = false;
        }
        let mut rest = lines;
        while !rest.is_empty() {
            match self.file.write(rest) {
                Ok(0) => return Err(self.lose(lines, rest, io::ErrorKind::WriteZero.into())),
                Ok(bytes) => rest = &rest[bytes..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.lose(lines, rest, error)),
            }
        }
        Ok(())
    }

    fn lose(&mut self, lines: &[u8], rest: &[u8], error: io::Error) -> (u64, io::Error) {
        let written = &lines[..lines.len() - rest.len()];
        self.is_torn = written.last().is_some_and(|&last| last != b'\n');
        (count(rest), error)
    }
}

fn count(lines: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', lines).count() as u64
}

fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.append(true).create(true).mode(0o640).open(path)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::io::Read;
    use std::os::fd::OwnedFd;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_file_is_private_and_begun_anew_when_it_was_moved() {
        let folder = tempfile::tempdir().unwrap();
        let (path, moved) = (folder.path().join("access"), folder.path().join("moved"));
        let mut sink = Sink::open(&AccessLogPlace::File(path.clone())).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o137, 0, "{mode:o}");

        sink.write(b"one\n").unwrap();
        fs::rename(&path, &moved).unwrap();
        sink.write(b"two\n").unwrap();
        assert!(sink.reopen().unwrap());
        sink.write(b"three\n").unwrap();
        assert_eq!(fs::read_to_string(&moved).unwrap(), "one\ntwo\n");
        assert_eq!(fs::read_to_string(&path).unwrap(), "three\n");

        drop(folder);
        assert!(sink.reopen().is_err());
        sink.write(b"four\n").unwrap();
    }

    #[test]
    fn a_line_that_was_torn_is_ended_before_the_next() {
        let (mut reader, writer) = io::pipe().unwrap();
        rustix::io::ioctl_fionbio(&writer, true).unwrap();
        let mut stream = Stream::new(OwnedFd::from(writer).into());
        let long = [vec![b'a'; 1 << 20], b"\nnext\n".to_vec()].concat();

        let (lost, error) = stream.write(&long).unwrap_err();
        assert_eq!((lost, error.kind()), (2, io::ErrorKind::WouldBlock));
        let mut part = vec![0; 1 << 16];
        let mut drained = 0;
        while drained < 1 << 16 {
            drained += reader.read(&mut part).unwrap();
        }
        stream.write(b"whole\n").unwrap();
        drop(stream);

        let mut rest = Vec::new();
        reader.read_to_end(&mut rest).unwrap();
        assert!(rest.ends_with(b"\nwhole\n"));
        assert_eq!(count(&rest), 2);
    }
}
