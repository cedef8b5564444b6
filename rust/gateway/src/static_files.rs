//! Files below the document root, served by tower-http.

use std::convert::Infallible;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use http::{Request, Response, request};
use rustix::fs::{AtFlags, FileType, Mode, OFlags};
use tower::ServiceExt;
use tower_http::services::ServeFile;
use tower_http::services::fs::ServeFileSystemResponseBody;

use crate::route::{Files, Kind};

/// The document root on this machine's disk.
///
/// The look-ups block: a `stat` of a path the kernel knows takes less than a microsecond, and
/// handing it to another thread a hundred times that.
#[derive(Debug)]
pub(crate) struct Disk {
    root: PathBuf,
    /// The root itself, so that a look-up walks only what is below it.
    directory: OwnedFd,
}

impl Disk {
    /// # Errors
    /// When the root is not a directory this process may look into.
    pub(crate) fn open(root: &Path) -> io::Result<Disk> {
        let root = root.canonicalize()?;
        let flags = OFlags::DIRECTORY | OFlags::PATH | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&root, flags, Mode::empty())?;
        Ok(Disk { root, directory })
    }

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
        self.root.join(relative(path))
    }
}

impl Files for Disk {
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

fn relative(path: &str) -> &str {
    path.trim_start_matches('/')
}
