//! The folder outside the checkout that keeps what is expensive to make.
//!
//! A finished thing appears in one step: it is made under a name that starts with `.partial-` and
//! renamed. What a killed run leaves behind never looks finished.

use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};

use crate::files::{self, FileError};

/// The cache folder of the current user.
#[derive(Debug, Clone)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// Why the cache folder cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CacheError {
    /// Neither variable that leads to the folder is set.
    #[error("no cache folder: set ASKR_CACHE_DIR, XDG_CACHE_HOME or HOME")]
    NoHome,
    /// The folder or its lock file cannot be written.
    #[error(transparent)]
    File(#[from] FileError),
}

impl Cache {
    /// `$ASKR_CACHE_DIR`, else `$XDG_CACHE_HOME/askr`, else `~/.cache/askr`.
    pub(crate) fn open() -> Result<Cache, CacheError> {
        let variable = |name| std::env::var_os(name).filter(|value| !value.is_empty());
        let root = variable("ASKR_CACHE_DIR")
            .map(PathBuf::from)
            .or_else(|| variable("XDG_CACHE_HOME").map(|base| PathBuf::from(base).join("askr")))
            .or_else(|| variable("HOME").map(|home| PathBuf::from(home).join(".cache/askr")))
            .ok_or(CacheError::NoHome)?;
        files::create_folder(&root)?;
        Ok(Cache { root })
    }

    /// A path inside the cache.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// Waits until no other setup works on this cache; released when the value is dropped.
    pub(crate) fn lock(&self) -> Result<File, FileError> {
        lock(&self.path("setup.lock"))
    }
}

/// Creates and locks a file, waiting as long as another process has it locked.
pub(crate) fn lock(path: &Path) -> Result<File, FileError> {
    let file = files::named("create", path, File::create(path))?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => println!("   waiting for another setup to finish …"),
        Err(TryLockError::Error(error)) => files::named("lock", path, Err(error))?,
    }
    files::named("lock", path, file.lock())?;
    Ok(file)
}

/// A folder that is being made and has no final name yet.
#[derive(Debug)]
pub(crate) struct Staged {
    path: PathBuf,
}

impl Staged {
    /// An empty folder beside `destination`, without what an earlier run left there.
    pub(crate) fn beside(destination: &Path) -> Result<Staged, FileError> {
        let parent = destination.parent().unwrap_or(Path::new("/"));
        let name = destination
            .file_name()
            .unwrap_or_default()
            .to_string_lossy();
        let path = parent.join(format!(".partial-{name}"));
        files::remove_folder(&path)?;
        files::create_folder(&path)?;
        Ok(Staged { path })
    }

    /// Where to work meanwhile.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Gives the finished folder its name.
    pub(crate) fn publish(self, destination: &Path) -> Result<(), FileError> {
        files::remove_folder(destination)?;
        files::rename(&self.path, destination)
    }
}

/// A short name for what something was made from: equal inputs, equal key.
pub(crate) fn key(inputs: &[&str]) -> String {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = inputs.iter().flat_map(|input| input.bytes().chain([0]));
    let hash = bytes.fold(OFFSET, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(PRIME)
    });
    format!("{hash:016x}")
}
