//! Files below the document root, served by tower-http.

use std::convert::Infallible;
use std::path::{Path, PathBuf};

use http::{Request, Response, request};
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
}

impl Disk {
    pub(crate) fn new(root: PathBuf) -> Disk {
        Disk { root }
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
        self.root.join(Path::new(path.trim_start_matches('/')))
    }
}

impl Files for Disk {
    fn kind(&self, path: &str) -> Kind {
        match std::fs::metadata(self.locate(path)) {
            Ok(found) if found.is_file() => Kind::File,
            Ok(found) if found.is_dir() => Kind::Directory,
            _ => Kind::Missing,
        }
    }
}
