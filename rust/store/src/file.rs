//! The store in a file: written at a clean stop, read at the next start.
//!
//! `docs/protocol/store.md` has the format. A file is whole or it is not read: it is written under
//! another name, and its checksum is compared before the first entry is taken from it.

mod codec;
mod error;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) mod fuzzing;

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use self::codec::{Entry, HEADER_BYTES, Header};
pub use self::error::{ExportError, ImportError};
use crate::error::StoreError;
use crate::key::Ttl;
use crate::leases::ends_with_a_process;
use crate::namespace::Namespace;
use crate::store::Store;

/// What was written, or read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileContent {
    /// Entries.
    pub entries: u64,
    /// Entries that were left out: expired meanwhile, or the store has no room for them.
    pub skipped: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

impl Store {
    /// Writes all entries to a file, mode 0600, which is there as a whole or not at all. Rate
    /// limits and locks that end with a process's life are left out.
    ///
    /// `now` is the time of the calendar: how long the store lies there counts.
    ///
    /// # Errors
    /// If the file cannot be written, or the store not be read. An earlier file stays then.
    pub fn export(&self, path: &Path, now: SystemTime) -> Result<FileContent, ExportError> {
        let draft = draft_of(path);
        let written = self.write_draft(&draft, now);
        let kept = written.and_then(|content| {
            fs::rename(&draft, path).map_err(at("renaming the file"))?;
            // Without this the new name may not survive a loss of power.
            let folder = path
                .parent()
                .filter(|folder| !folder.as_os_str().is_empty());
            let folder = File::open(folder.unwrap_or(Path::new(".")));
            folder
                .and_then(|folder| folder.sync_all())
                .map_err(at("keeping its name"))?;
            Ok(content)
        });
        if kept.is_err() {
            // It may not even be there.
            let _ = fs::remove_file(&draft);
        }
        kept
    }

    /// Reads a file that [`Store::export`] wrote. Nothing is taken from one that is damaged.
    ///
    /// # Errors
    /// If the file cannot be read, is damaged or not one of these.
    pub fn import(&self, path: &Path, now: SystemTime) -> Result<FileContent, ImportError> {
        let file = File::open(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => ImportError::Missing,
            _ => error.into(),
        })?;
        let mut file = BufReader::new(file);
        let header = checked_header(&mut file)?;
        file.seek(SeekFrom::Start(HEADER_BYTES as u64))?;
        let mut content = FileContent {
            bytes: HEADER_BYTES as u64 + header.body_bytes,
            ..FileContent::default()
        };
        let mut left = header.body_bytes;
        for _ in 0..header.entries {
            let entry = Entry::read(&mut file, &mut left)?;
            if self.take_in(&entry, milliseconds(now))? {
                content.entries += 1;
            } else {
                content.skipped += 1;
            }
        }
        Ok(content)
    }

    fn write_draft(&self, draft: &Path, now: SystemTime) -> Result<FileContent, ExportError> {
        // Another export that was killed may have left one.
        match fs::remove_file(draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(at("removing an earlier draft")(error));
            }
            _ => {}
        }
        let file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(draft);
        let mut out = BufWriter::new(file.map_err(at("making the file"))?);
        out.write_all(&[0; HEADER_BYTES]).map_err(at(WRITING))?;
        let mut body = Body::new(out);
        let mut entries = 0;
        for namespace in Namespace::ALL {
            entries += self.write_namespace(&mut body, namespace, milliseconds(now))?;
        }
        let (file, header) = body.finish(entries).map_err(at(WRITING))?;
        file.sync_all().map_err(at("keeping the file"))?;
        Ok(FileContent {
            entries,
            skipped: 0,
            bytes: HEADER_BYTES as u64 + header.body_bytes,
        })
    }

    fn write_namespace(
        &self,
        body: &mut Body,
        namespace: Namespace,
        now_ms: u64,
    ) -> Result<u64, ExportError> {
        if namespace == Namespace::Limits {
            return Ok(0);
        }
        let (mut place, mut entries) = (0, 0);
        loop {
            let (keys, next) = self.keys(namespace, place, KEYS_AT_ONCE)?;
            for key in keys {
                if let Some(entry) = self.entry_for_file(namespace, key, now_ms)? {
                    entry.write(body).map_err(at(WRITING))?;
                    entries += 1;
                }
            }
            place = next;
            if place == 0 {
                return Ok(entries);
            }
        }
    }

    /// An entry as it is written; none when it is gone, or a lock that ends with a process.
    fn entry_for_file(
        &self,
        namespace: Namespace,
        key: Vec<u8>,
        now_ms: u64,
    ) -> Result<Option<Entry>, StoreError> {
        let hashed = self.key(&key)?;
        let found = self.change(namespace, |writer| {
            let found = writer.find(&hashed)?;
            Ok(found.map(|present| {
                let tags = writer
                    .marks(&present)
                    .split_off(1.min(present.linked.shape.marks()));
                (writer.value(&present), tags, present.expires_ms)
            }))
        })?;
        Ok(found
            .filter(|(value, ..)| namespace != Namespace::Locks || !ends_with_a_process(value))
            .map(|(value, tags, expires_ms)| Entry {
                namespace,
                key,
                value,
                tags,
                expires_ms: self.remaining_of(expires_ms).map(|left| {
                    let left = u64::try_from(left.as_millis()).unwrap_or(u64::MAX);
                    now_ms.saturating_add(left)
                }),
            }))
    }

    /// False when it is left out.
    fn take_in(&self, entry: &Entry, now_ms: u64) -> Result<bool, StoreError> {
        let ttl = match entry
            .expires_ms
            .map(|expires| expires.saturating_sub(now_ms))
        {
            None => Ttl::Forever,
            Some(0) => return Ok(false),
            Some(left) => Ttl::For(Duration::from_millis(left)),
        };
        let value = entry.value.as_value();
        let taken = match entry.namespace {
            Namespace::Limits => return Ok(false),
            Namespace::Cache => {
                let key = self.key(&entry.key)?;
                self.change(Namespace::Cache, |writer| {
                    writer.put_tagged(&key, value, ttl, &entry.tags)
                })
            }
            namespace => self.set(namespace, &entry.key, value, ttl),
        };
        match taken {
            Ok(()) => Ok(true),
            Err(StoreError::Full(_) | StoreError::ValueTooLarge { .. }) => Ok(false),
            Err(other) => Err(other),
        }
    }
}

/// What is behind the header while it is written.
struct Body {
    out: BufWriter<File>,
    bytes: u64,
    checksum: crc32fast::Hasher,
}

impl Body {
    fn new(out: BufWriter<File>) -> Self {
        Self {
            out,
            bytes: 0,
            checksum: crc32fast::Hasher::new(),
        }
    }

    fn finish(self, entries: u64) -> io::Result<(File, Header)> {
        let header = Header {
            entries,
            body_bytes: self.bytes,
            body_checksum: self.checksum.finalize(),
        };
        let mut file = self.out.into_inner()?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&header.encode())?;
        Ok((file, header))
    }
}

impl Write for Body {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.checksum.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// The header of a file whose body is as it was written.
fn checked_header(file: &mut impl Read) -> Result<Header, ImportError> {
    let mut header = Vec::new();
    file.take(HEADER_BYTES as u64).read_to_end(&mut header)?;
    let header = header
        .try_into()
        .map_err(|_| ImportError::Damaged("it has no header"))?;
    let header = Header::decode(&header)?;
    let mut checksum = crc32fast::Hasher::new();
    let mut piece = vec![0; PIECE_BYTES];
    let mut found = 0;
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(bytes) => {
                checksum.update(&piece[..bytes]);
                found += bytes as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error.into()),
        }
    }
    if found != header.body_bytes {
        return Err(ImportError::Damaged("it has another length than it says"));
    }
    if checksum.finalize() != header.body_checksum {
        return Err(ImportError::Damaged("it does not have its checksum"));
    }
    Ok(header)
}

/// The name under which a file is written; of the same folder, so that it can be renamed.
fn draft_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".draft");
    path.with_file_name(name)
}

fn at(step: &'static str) -> impl Fn(io::Error) -> ExportError {
    move |source| ExportError::System { step, source }
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

const WRITING: &str = "writing the file";
const KEYS_AT_ONCE: usize = 256;
const PIECE_BYTES: usize = 64 * 1024;
