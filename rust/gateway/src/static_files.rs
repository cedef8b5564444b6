//! Files below the document roots, served by tower-http.
//!
//! While one release replaces another there are two roots: a page of either release may ask for
//! files that only its own has.

use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use http::{Request, Response, request};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use tokio::sync::watch;
use tower::ServiceExt;
use tower_http::services::ServeFile;
use tower_http::services::fs::ServeFileSystemResponseBody;

use crate::route::{Files, Kind};

/// The document roots as they are now.
#[derive(Debug)]
pub(crate) struct Disk(Mutex<Arc<Roots>>);

/// The document roots at one moment, the newest release first.
///
/// The look-ups block: a `stat` of a path the kernel knows takes less than a microsecond, and
/// handing it to another thread a hundred times that.
#[derive(Debug)]
pub(crate) struct Roots(Vec<Root>);

#[derive(Debug)]
struct Root {
    path: PathBuf,
    /// The root itself, so that a look-up walks only what is below it.
    directory: OwnedFd,
}

impl Disk {
    /// # Errors
    /// When the root is not a directory this process may look into.
    pub(crate) fn open(root: &Path) -> io::Result<Disk> {
        let roots = Roots(vec![Root::open(root)?]);
        Ok(Disk(Mutex::new(Arc::new(roots))))
    }

    /// The roots for one request.
    pub(crate) fn roots(&self) -> Arc<Roots> {
        Arc::clone(&self.0.lock().expect("no holder of the roots panics"))
    }

    /// Serves from whatever roots come, until none come any more. What is no directory is left
    /// out; if nothing remains the roots stay as they are.
    pub(crate) async fn follow(&self, mut news: watch::Receiver<Vec<PathBuf>>) {
        loop {
            let paths = news.borrow_and_update().clone();
            let opened: Vec<Root> = paths.iter().filter_map(|path| open_or_log(path)).collect();
            if !opened.is_empty() {
                let roots = Arc::new(Roots(opened));
                *self.0.lock().expect("no holder of the roots panics") = roots;
            }
            if news.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Root {
    fn open(root: &Path) -> io::Result<Root> {
        let path = root.canonicalize()?;
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&path, flags, Mode::empty())?;
        Ok(Root { path, directory })
    }

    fn kind(&self, path: &str) -> Kind {
        match rustix::fs::statat(&self.directory, relative(path), AtFlags::empty()) {
            Ok(found) => match FileType::from_raw_mode(found.st_mode) {
                FileType::RegularFile => Kind::File,
                FileType::Directory => Kind::Directory,
                _ => Kind::Missing,
            },
            Err(_) => Kind::Missing,
        }
    }
}

impl Roots {
    /// Answers a GET or HEAD with the file at `path`, which the route decision has approved:
    /// conditional and range requests, a type by extension, an entity tag.
    pub(crate) async fn serve(
        &self,
        path: &str,
        head: request::Parts,
    ) -> Response<ServeFileSystemResponseBody> {
        let request = Request::from_parts(head, ());
        let served: Result<_, Infallible> =
            ServeFile::new(self.locate(path)).oneshot(request).await;
        match served {
            Ok(response) => response,
            Err(never) => match never {},
        }
    }

    fn locate(&self, path: &str) -> PathBuf {
        let mut roots = self.0.iter();
        let root = roots.find(|root| root.kind(path) == Kind::File);
        root.unwrap_or(&self.0[0]).path.join(relative(path))
    }
}

impl Files for Roots {
    /// A file in any root counts before a directory in any.
    fn kind(&self, path: &str) -> Kind {
        let kinds = self.0.iter().map(|root| root.kind(path));
        kinds.reduce(prefer_file).unwrap_or(Kind::Missing)
    }

    /// Workers look for scripts in the release that they run; new ones run the newest.
    fn has_script(&self, path: &str) -> bool {
        self.0[0].kind(path) == Kind::File
    }
}

fn prefer_file(newer: Kind, older: Kind) -> Kind {
    match (newer, older) {
        (Kind::File, _) | (_, Kind::File) => Kind::File,
        (Kind::Directory, _) | (_, Kind::Directory) => Kind::Directory,
        (Kind::Missing, Kind::Missing) => Kind::Missing,
    }
}

fn open_or_log(path: &Path) -> Option<Root> {
    let opened = Root::open(path);
    let log = |error: &io::Error| {
        let path = path.display();
        tracing::warn!(%path, %error, "document root cannot be served from");
    };
    opened.inspect_err(log).ok()
}

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}
