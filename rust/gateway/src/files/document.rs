//! A file at one moment, ready to be sent.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use http::HeaderValue;
use rustix::fs::{FileType, Stat};
use rustix::io::{Errno, ReadWriteFlags};

use crate::limits::{FILE_MEMORY_BYTES_MAX, FILE_SETTLED};

/// What stays the same as long as a file does: compared whole before kept contents are used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) key: FileKey,
    pub(crate) bytes: u64,
    pub(crate) modified: Moment,
    /// Of the inode: unlike the time of the contents, nobody can set it back.
    changed: Moment,
}

/// Which file it is, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct FileKey {
    device: u64,
    inode: u64,
    /// Whose rights counted when it was opened: another may have none.
    reader: Option<u32>,
}

/// A time of the file system's, since 1970.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment {
    s: i64,
    ns: u32,
}

/// A file at one version.
#[derive(Debug)]
pub(crate) struct Document {
    pub(crate) version: Version,
    pub(crate) etag: HeaderValue,
    /// None if the file says that it comes from the future.
    pub(crate) last_modified: Option<HeaderValue>,
    pub(crate) length: HeaderValue,
    pub(crate) contents: Contents,
}

/// Where the bytes are.
#[derive(Debug, Clone)]
pub(crate) enum Contents {
    Memory(Bytes),
    /// Too large for that; read or sent piece by piece.
    File(Arc<File>),
}

impl Version {
    /// As `reader` may see it; `None` unless it is a regular file.
    #[expect(
        clippy::unnecessary_cast,
        clippy::cast_sign_loss,
        clippy::cast_possible_truncation,
        reason = "the types differ between machines; sizes are not negative, nanoseconds fit"
    )]
    pub(crate) fn of(stat: &Stat, reader: Option<u32>) -> Option<Version> {
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return None;
        }
        let moment = |s, ns| Moment { s, ns };
        Some(Version {
            key: FileKey {
                device: stat.st_dev as u64,
                inode: stat.st_ino as u64,
                reader,
            },
            bytes: stat.st_size as u64,
            modified: moment(stat.st_mtime as i64, stat.st_mtime_nsec as u32),
            changed: moment(stat.st_ctime as i64, stat.st_ctime_nsec as u32),
        })
    }

    /// Whether the next change would have another time, on any file system: else contents that
    /// were read now could be kept under the version of later ones.
    pub(crate) fn is_settled(&self, now: SystemTime) -> bool {
        let changed = self.changed.since_epoch().map(|since| UNIX_EPOCH + since);
        changed.is_some_and(|changed| changed + FILE_SETTLED <= now)
    }

    fn etag(&self) -> HeaderValue {
        let Moment { s, ns } = self.modified;
        let etag = format!("\"{:x}-{s:x}{ns:08x}\"", self.bytes);
        HeaderValue::try_from(etag).expect("hexadecimal digits are plain text")
    }

    fn last_modified(&self, now: SystemTime) -> Option<HeaderValue> {
        let modified = UNIX_EPOCH + Duration::from_secs(self.modified.since_epoch()?.as_secs());
        if modified > now || modified > UNIX_EPOCH + LATEST {
            return None;
        }
        HeaderValue::try_from(httpdate::fmt_http_date(modified)).ok()
    }
}

impl Moment {
    fn since_epoch(self) -> Option<Duration> {
        let s = u64::try_from(self.s).ok()?;
        Some(Duration::new(s, self.ns))
    }
}

impl Document {
    /// Reads `file`, which is at `version`, if it is small.
    ///
    /// # Cancel safety
    /// Dropping the future leaves nothing behind but a read that a thread may be in.
    pub(crate) async fn read(
        file: File,
        version: Version,
        now: SystemTime,
    ) -> io::Result<Document> {
        let contents = match version.bytes {
            0..=FILE_MEMORY_BYTES_MAX => Contents::Memory(memory(file, version.bytes).await?),
            _ => Contents::File(Arc::new(file)),
        };
        Ok(Document {
            version,
            etag: version.etag(),
            last_modified: version.last_modified(now),
            length: version.bytes.into(),
            contents,
        })
    }
}

/// The whole of a small file: in place if the kernel has it in memory, else on another thread.
async fn memory(file: File, bytes: u64) -> io::Result<Bytes> {
    let bytes = usize::try_from(bytes).map_err(|_| io::ErrorKind::FileTooLarge)?;
    let mut contents = vec![0; bytes];
    let mut read = 0;
    while read < bytes {
        match read_now(&file, &mut contents[read..], read as u64)? {
            Some(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Some(more) => read += more,
            None => {
                let reading = move || {
                    file.read_exact_at(&mut contents[read..], read as u64)?;
                    Ok::<_, io::Error>(contents)
                };
                return Ok(tokio::task::spawn_blocking(reading).await??.into());
            }
        }
    }
    Ok(contents.into())
}

/// Reads what the kernel has in memory; `None` if that is nothing, or if the file system cannot
/// tell, as those that others are stacked upon.
pub(crate) fn read_now(file: &File, buf: &mut [u8], offset: u64) -> io::Result<Option<usize>> {
    let mut slices = [IoSliceMut::new(buf)];
    match rustix::io::preadv2(file, &mut slices, offset, ReadWriteFlags::NOWAIT) {
        Ok(read) => Ok(Some(read)),
        Err(Errno::AGAIN | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INTR) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// The last second of the year 9999, the last that HTTP has a form for.
const LATEST: Duration = Duration::from_secs(253_402_300_799);
