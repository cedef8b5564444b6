//! Where uploads lie while their request runs: a private folder of the server, with one of its
//! own for each worker.
//!
//! PHP removes the files of a request at its end. What a worker leaves that died in a request is
//! removed by the template that reaps it, what a server leaves that was killed by the next server
//! that starts. A lock on the server's folder, which the kernel takes away when the last of its
//! processes is gone, tells a living server's from a dead one's.

use std::fs::{self, DirBuilder, File, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use askr_exchange::WorkerId;
use rustix::fs::{FlockOperation, Mode, OFlags, flock};

/// The folder of this server.
pub(crate) struct Uploads {
    folder: PathBuf,
    /// Inherited by the workers, so it is held as long as any process of the server lives.
    _lock: File,
}

impl Uploads {
    /// Makes one in the first of `parents` where that is possible, and removes what dead servers
    /// left there. `None` if there is no place: only uploads need one.
    pub(crate) fn open(parents: &[PathBuf]) -> Option<Uploads> {
        for parent in parents {
            sweep(parent);
            match Uploads::create(parent) {
                Ok(uploads) => return Some(uploads),
                Err(error) => {
                    let parent = parent.display();
                    tracing::warn!(%parent, %error, "no folder for uploads can be made here");
                }
            }
        }
        None
    }

    fn create(parent: &Path) -> io::Result<Uploads> {
        loop {
            let folder = tempfile::Builder::new()
                .prefix(PREFIX)
                .permissions(Permissions::from_mode(0o700))
                .tempdir_in(parent.canonicalize()?)?
                .keep();
            let lock = open_folder(&folder)?;
            flock(&lock, FlockOperation::LockExclusive)?;
            // Before it was locked another server may have taken it for a dead one's.
            if is_still_there(&folder, &lock)? {
                return Ok(Uploads {
                    folder,
                    _lock: lock,
                });
            }
        }
    }

    /// Makes a worker's folder; called by the worker.
    pub(crate) fn make(&self, worker: WorkerId) -> io::Result<PathBuf> {
        let folder = self.of(worker);
        DirBuilder::new().mode(0o700).create(&folder)?;
        Ok(folder)
    }

    /// Removes what a worker has left that is gone.
    pub(crate) fn clear(&self, worker: WorkerId) {
        remove(&self.of(worker));
    }

    /// Removes everything; all workers are gone.
    pub(crate) fn remove(&self) {
        remove(&self.folder);
    }

    /// Where a worker's folder is, if it has made one. No two workers of a server have the same,
    /// whatever their pools: an incarnation is never given twice.
    pub(crate) fn of(&self, worker: WorkerId) -> PathBuf {
        let WorkerId { seat, incarnation } = worker;
        self.folder.join(format!("{seat}-{incarnation}"))
    }
}

/// Removes the folders that dead servers of this user left in `parent`.
fn sweep(parent: &Path) {
    let Ok(entries) = fs::read_dir(parent) else {
        return;
    };
    let ours = rustix::process::geteuid().as_raw();
    for entry in entries.flatten() {
        let is_one = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PREFIX.as_bytes());
        let is_ours = is_one && entry.metadata().is_ok_and(|found| found.uid() == ours);
        if is_ours && is_abandoned(&entry.path()) {
            tracing::info!(folder = %entry.path().display(), "uploads of a dead server removed");
            remove(&entry.path());
        }
    }
}

fn is_abandoned(folder: &Path) -> bool {
    let Ok(lock) = open_folder(folder) else {
        return false;
    };
    flock(&lock, FlockOperation::NonBlockingLockExclusive).is_ok()
}

/// Never through a symbolic link.
fn open_folder(folder: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::empty())?.into())
}

fn is_still_there(folder: &Path, lock: &File) -> io::Result<bool> {
    let locked = lock.metadata()?;
    Ok(fs::symlink_metadata(folder)
        .is_ok_and(|found| (found.dev(), found.ino()) == (locked.dev(), locked.ino())))
}

fn remove(folder: &Path) {
    match fs::remove_dir_all(folder) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => {
            tracing::warn!(folder = %folder.display(), %error, "uploads cannot be removed");
        }
    }
}

/// What the names of all servers' folders begin with.
const PREFIX: &str = "askr-uploads-";

#[cfg(test)]
mod tests;
