//! How far a path below a root may lead: what becomes of symbolic links.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::{AtFlags, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

use super::rights::Rights;

/// What becomes of symbolic links below a document root.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Symlinks {
    /// They are followed, wherever they lead.
    #[default]
    Follow,
    /// Those that leave the root are followed only to where PHP may have files sent from.
    Inside,
    /// A path with one in it leads nowhere.
    Never,
}

/// The rule by which paths are looked up.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reach {
    symlinks: Symlinks,
    /// Where links may lead that leave their root.
    elsewhere: Arc<[PathBuf]>,
    /// Who must be able to read a file, if not this process.
    rights: Option<Rights>,
}

impl Reach {
    pub(crate) fn new(
        symlinks: Symlinks,
        elsewhere: Arc<[PathBuf]>,
        rights: Option<Rights>,
    ) -> Reach {
        Reach {
            symlinks,
            elsewhere,
            rights,
        }
    }

    /// The number of the user whose rights count, if that is not this process's.
    pub(crate) fn reader(&self) -> Option<u32> {
        self.rights.as_ref().map(|rights| rights.uid)
    }

    /// Opens with the rights that count.
    pub(crate) fn lend<T>(&self, open: impl FnOnce() -> io::Result<T>) -> io::Result<T> {
        match &self.rights {
            Some(rights) => rights.lend(open),
            None => open(),
        }
    }

    /// Where PHP may have files sent from.
    pub(crate) fn elsewhere(&self) -> &[PathBuf] {
        &self.elsewhere
    }

    /// What `path`, below `root`, names.
    pub(crate) fn stat(&self, root: BorrowedFd<'_>, path: &str) -> io::Result<Stat> {
        if self.symlinks == Symlinks::Follow {
            return Ok(rustix::fs::statat(root, path, AtFlags::empty())?);
        }
        Ok(rustix::fs::fstat(self.find(root, path)?)?)
    }

    /// Opens what `path` names to read it. Waits for nobody: what is no file may be opened too,
    /// and is then none.
    pub(crate) fn open(&self, root: BorrowedFd<'_>, path: &str) -> io::Result<File> {
        self.lend(|| match self.symlinks {
            Symlinks::Follow => Ok(rustix::fs::openat(root, path, READING, Mode::empty())?.into()),
            Symlinks::Inside | Symlinks::Never => reopen(&self.find(root, path)?),
        })
    }

    /// A descriptor that only names what was found.
    fn find(&self, root: BorrowedFd<'_>, path: &str) -> io::Result<OwnedFd> {
        let resolve = match self.symlinks {
            Symlinks::Never => ResolveFlags::NO_SYMLINKS,
            Symlinks::Follow | Symlinks::Inside => ResolveFlags::BENEATH,
        } | ResolveFlags::NO_MAGICLINKS;
        match rustix::fs::openat2(root, path, NAMING, Mode::empty(), resolve) {
            Err(Errno::XDEV) if self.symlinks == Symlinks::Inside => {
                self.find_elsewhere(root, path)
            }
            found => Ok(found?),
        }
    }

    fn find_elsewhere(&self, root: BorrowedFd<'_>, path: &str) -> io::Result<OwnedFd> {
        let resolve = ResolveFlags::NO_MAGICLINKS;
        let found = rustix::fs::openat2(root, path, NAMING, Mode::empty(), resolve)?;
        let root = place_of(&root)?;
        let elsewhere = self.elsewhere.iter().map(PathBuf::as_path);
        match lies_below(&found, elsewhere.chain([&*root]))? {
            true => Ok(found),
            false => Err(Errno::XDEV.into()),
        }
    }
}

/// A descriptor that only names what is at `path`, all links followed.
pub(crate) fn find(path: &Path) -> io::Result<OwnedFd> {
    Ok(rustix::fs::open(path, NAMING, Mode::empty())?)
}

/// Opens what a descriptor names to read it: through the descriptor, so that it is the same file
/// whatever the path names by now.
pub(crate) fn reopen(descriptor: &impl AsRawFd) -> io::Result<File> {
    Ok(rustix::fs::open(name_of(descriptor), READING, Mode::empty())?.into())
}

/// Whether what a descriptor names lies in one of `folders`, wherever these are by now.
pub(crate) fn lies_below<'a>(
    descriptor: &impl AsRawFd,
    folders: impl IntoIterator<Item = &'a Path>,
) -> io::Result<bool> {
    let place = place_of(descriptor)?;
    let mut folders = folders
        .into_iter()
        .filter_map(|folder| folder.canonicalize().ok());
    Ok(folders.any(|folder| place.starts_with(folder)))
}

/// Where what a descriptor names really lies, with all links resolved.
pub(crate) fn place_of(descriptor: &impl AsRawFd) -> io::Result<PathBuf> {
    std::fs::read_link(name_of(descriptor))
}

/// A path that leads to what a descriptor names.
fn name_of(descriptor: &impl AsRawFd) -> PathBuf {
    Path::new("/proc/self/fd").join(descriptor.as_raw_fd().to_string())
}

const NAMING: OFlags = OFlags::PATH.union(OFlags::CLOEXEC);

const READING: OFlags = OFlags::RDONLY
    .union(OFlags::CLOEXEC)
    .union(OFlags::NONBLOCK)
    .union(OFlags::NOCTTY);
