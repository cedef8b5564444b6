//! The file of a socket: where it may lie, how it comes there and goes.

use std::fs::{self, DirBuilder, Metadata, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process;

use rustix::process::geteuid;

use crate::error::SocketError;

/// The longest path of a socket that systems take, without the zero at its end.
pub const PATH_BYTES_MAX: usize = 107;

/// A socket with a name. Dropping it removes the name, unless it is somebody else's by then.
#[derive(Debug)]
pub struct SocketFile {
    listener: UnixListener,
    path: PathBuf,
    /// Device and inode of the name.
    identity: (u64, u64),
    took_over: bool,
}

/// Makes a folder for the sockets of this user alone, or finds that it is one.
///
/// # Errors
/// When it cannot be made, or is somebody else's or open to others.
pub fn make_private_folder(folder: &Path) -> Result<(), SocketError> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(SocketError::at(folder, error))
        }
        _ => check_private_folder(folder),
    }
}

/// Finds out whether a folder is one in which nobody else could put a socket.
///
/// # Errors
/// When it is not there, is somebody else's or open to others.
pub fn check_private_folder(folder: &Path) -> Result<(), SocketError> {
    let refused = |problem: &'static str| SocketError::Folder {
        folder: folder.to_owned(),
        problem,
    };
    let found = fs::symlink_metadata(folder).map_err(|error| SocketError::at(folder, error))?;
    if !found.is_dir() {
        return Err(refused("is no folder"));
    }
    if found.uid() != geteuid().as_raw() {
        return Err(refused("belongs to somebody else"));
    }
    if found.mode() & 0o077 != 0 {
        return Err(refused("is open to others"));
    }
    Ok(())
}

impl SocketFile {
    /// Binds under a passing name, closes it to others and only then gives it its own name, which
    /// is somebody else's until that moment.
    ///
    /// # Errors
    /// When the socket cannot be made there.
    pub fn bind(path: &Path) -> Result<Self, SocketError> {
        let failed = |error| SocketError::at(path, error);
        let passing = path.with_extension(process::id().to_string());
        if passing.as_os_str().len() > PATH_BYTES_MAX {
            return Err(SocketError::TooLong {
                path: path.to_owned(),
            });
        }
        if fs::symlink_metadata(path).is_ok_and(|found| !is_socket(&found)) {
            return Err(failed(io::ErrorKind::AlreadyExists.into()));
        }
        let took_over = UnixStream::connect(path).is_ok();
        let _ = fs::remove_file(&passing); // of a process that had our number
        let listener = UnixListener::bind(&passing).map_err(failed)?;
        let named = name(&passing, path).inspect_err(|_| drop(fs::remove_file(&passing)));
        Ok(Self {
            listener,
            path: path.to_owned(),
            identity: named.map_err(failed)?,
            took_over,
        })
    }

    /// Whether a running server had the name before.
    #[must_use]
    pub fn took_over(&self) -> bool {
        self.took_over
    }

    /// Another handle of the socket that does not block.
    ///
    /// # Errors
    /// When there is no descriptor for it.
    pub fn listener(&self) -> io::Result<UnixListener> {
        self.listener.set_nonblocking(true)?;
        self.listener.try_clone()
    }
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        let found = fs::symlink_metadata(&self.path);
        if found.is_ok_and(|found| identity(&found) == self.identity) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

fn name(passing: &Path, path: &Path) -> io::Result<(u64, u64)> {
    fs::set_permissions(passing, Permissions::from_mode(0o600))?;
    let found = fs::symlink_metadata(passing)?;
    fs::rename(passing, path)?;
    Ok(identity(&found))
}

fn identity(found: &Metadata) -> (u64, u64) {
    (found.dev(), found.ino())
}

fn is_socket(found: &Metadata) -> bool {
    use std::os::unix::fs::FileTypeExt;

    found.file_type().is_socket()
}
