//! The document roots, and what of them may be looked at.
//!
//! While one release replaces another there are two roots: a page of either release may ask for
//! files that only its own has.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use rustix::fs::{FileType, Mode, OFlags, Stat};
use rustix::io::Errno;
use tokio::sync::watch;

use crate::files::Version;
use crate::route::{self, Files, Kind};

pub(crate) mod reach;
mod rights;

pub(crate) use reach::Reach;
pub use reach::Symlinks;
pub use rights::Rights;

/// The document roots as they are now.
#[derive(Debug)]
pub(crate) struct Disk {
    reach: Reach,
    roots: Mutex<Arc<Roots>>,
}

/// The document roots at one moment, the newest release first.
///
/// The look-ups block: a `stat` of a path the kernel knows takes less than a microsecond, and
/// handing it to another thread a hundred times that.
#[derive(Debug)]
pub(crate) struct Roots(Vec<Root>);

/// The look of one request at the roots: what is found is looked at once.
#[derive(Debug)]
pub(crate) struct Look<'r> {
    roots: &'r Roots,
    found: Cell<Option<Found<'r>>>,
}

/// A directory and the files below it.
#[derive(Debug)]
pub(crate) struct Root {
    reach: Reach,
    path: PathBuf,
    /// The root itself, so that a look-up walks only what is below it.
    directory: OwnedFd,
}

/// A path below a root, decoded, with a slash before it.
#[derive(Debug)]
pub(crate) struct Place<'r> {
    root: &'r Root,
    path: String,
}

/// Where a file was found, and what the system said about it.
#[derive(Debug, Clone, Copy)]
struct Found<'r> {
    root: &'r Root,
    stat: Stat,
}

impl Disk {
    /// # Errors
    /// When the root is not a directory this process may look into.
    pub(crate) fn open(root: &Path, reach: Reach) -> io::Result<Disk> {
        let roots = Roots(vec![Root::open(root, reach.clone())?]);
        Ok(Disk {
            reach,
            roots: Mutex::new(Arc::new(roots)),
        })
    }

    /// What files PHP may have sent.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The roots for one request.
    pub(crate) fn roots(&self) -> Arc<Roots> {
        Arc::clone(&self.roots.lock().expect("no holder of the roots panics"))
    }

    /// Serves from whatever roots come, until none come any more. What is no directory is left
    /// out; if nothing remains the roots stay as they are.
    pub(crate) async fn follow(&self, mut news: watch::Receiver<Vec<PathBuf>>) {
        loop {
            let paths = news.borrow_and_update().clone();
            let opened: Vec<Root> = paths
                .iter()
                .filter_map(|path| self.open_or_log(path))
                .collect();
            if !opened.is_empty() {
                let roots = Arc::new(Roots(opened));
                *self.roots.lock().expect("no holder of the roots panics") = roots;
            }
            if news.changed().await.is_err() {
                return;
            }
        }
    }

    fn open_or_log(&self, path: &Path) -> Option<Root> {
        let opened = Root::open(path, self.reach.clone());
        let log = |error: &io::Error| {
            let path = path.display();
            tracing::warn!(%path, %error, "document root cannot be served from");
        };
        opened.inspect_err(log).ok()
    }
}

impl Root {
    /// # Errors
    /// When `root` is not a directory this process may look into.
    pub(crate) fn open(root: &Path, reach: Reach) -> io::Result<Root> {
        let path = root.canonicalize()?;
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&path, flags, Mode::empty())?;
        Ok(Root {
            reach,
            path,
            directory,
        })
    }

    fn look(&self, path: &str) -> Option<Stat> {
        let directory = self.directory.as_fd();
        self.reach.stat(directory, relative(path)).ok()
    }

    fn kind(&self, path: &str) -> Kind {
        self.look(path).map_or(Kind::Missing, |stat| kind(&stat))
    }
}

impl Roots {
    /// For one request.
    pub(crate) fn look(&self) -> Look<'_> {
        Look {
            roots: self,
            found: Cell::new(None),
        }
    }
}

impl<'r> Look<'r> {
    /// Where the file at `path` is, for which the route decision was made, and what was seen of
    /// it then.
    pub(crate) fn take(self, path: String) -> Option<(Place<'r>, Stat)> {
        let Found { root, stat } = self.found.take()?;
        Some((Place::new(root, path), stat))
    }
}

impl Files for Look<'_> {
    /// A file in any root counts before a directory in any.
    fn kind(&self, path: &str) -> Kind {
        let mut best = Kind::Missing;
        for root in &self.roots.0 {
            let Some(stat) = root.look(path) else {
                continue;
            };
            match kind(&stat) {
                Kind::File => {
                    self.found.set(Some(Found { root, stat }));
                    return Kind::File;
                }
                Kind::Directory => best = Kind::Directory,
                Kind::Missing => {}
            }
        }
        best
    }

    /// Workers look for scripts in the release that they run; new ones run the newest.
    fn has_script(&self, path: &str) -> bool {
        self.roots.0[0].kind(path) == Kind::File
    }
}

impl<'r> Place<'r> {
    pub(crate) fn new(root: &'r Root, path: String) -> Place<'r> {
        Place { root, path }
    }

    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// The place with the same name and `suffix` behind it.
    pub(crate) fn beside(&self, suffix: &str) -> Place<'r> {
        Place::new(self.root, format!("{}{suffix}", self.path))
    }

    /// The file that is there.
    pub(crate) fn version(&self) -> Option<Version> {
        self.version_in(&self.root.look(&self.path)?)
    }

    /// The file that `stat` is about.
    pub(crate) fn version_in(&self, stat: &Stat) -> Option<Version> {
        Version::of(stat, self.root.reach.reader())
    }

    /// Opens the file to read it.
    ///
    /// # Errors
    /// When it is gone, out of reach or not for this process; and when what the path leads to
    /// has a name under which it would never be served: a link does not disclose a source.
    pub(crate) fn open(&self) -> io::Result<File> {
        let directory = self.root.directory.as_fd();
        let file = self.root.reach.open(directory, relative(&self.path))?;
        match reach::place_of(&file) {
            Ok(place) if !self.may_be_shown(&place) => Err(Errno::ACCESS.into()),
            _ => Ok(file),
        }
    }

    fn may_be_shown(&self, place: &Path) -> bool {
        let below = place.strip_prefix(&self.root.path).ok();
        let shown = below.or_else(|| place.file_name().map(Path::new));
        shown.is_none_or(|shown| route::may_be_shown(&format!("/{}", shown.to_string_lossy())))
    }
}

fn kind(stat: &Stat) -> Kind {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        _ => Kind::Missing,
    }
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}
