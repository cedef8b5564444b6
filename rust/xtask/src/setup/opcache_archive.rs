//! Makes a static archive of opcache, which PHP up to 8.4 only builds as a shared extension.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Names every Zend extension defines; two of them must not meet in one binary.
const RENAMED: &[(&str, &str)] = &[
    ("zend_extension_entry", "askr_opcache_extension_entry"),
    ("extension_version_info", "askr_opcache_version_info"),
];

/// Why there is no archive.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The build left no objects.
    #[error("{folder} holds no objects of a shared opcache", folder = folder.display())]
    NoObjects { folder: PathBuf },
    /// objcopy or ar failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// The folder cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Archives the position-independent objects below `source/ext/opcache` as `archive`.
pub(crate) fn make(source: &Path, archive: &Path) -> Result<(), ArchiveError> {
    let folder = source.join("ext/opcache");
    let mut objects = files::files_below(&folder)?;
    objects.retain(|path| is_shared_object_file(path));
    if objects.is_empty() {
        return Err(ArchiveError::NoObjects { folder });
    }
    for object in &objects {
        let mut objcopy = Command::new("objcopy");
        for (from, to) in RENAMED {
            objcopy.arg(format!("--redefine-sym={from}={to}"));
        }
        process::read(objcopy.arg(object))?;
    }
    let mut ar = Command::new("ar");
    // D: no times and owners, so that equal objects make an equal archive.
    process::read(ar.arg("rcsD").arg(archive).args(&objects))?;
    Ok(())
}

/// libtool puts the position-independent variant into `.libs`.
fn is_shared_object_file(path: &Path) -> bool {
    let folder = path.parent().and_then(Path::file_name);
    path.extension().is_some_and(|extension| extension == "o")
        && folder.is_some_and(|name| name == ".libs")
}
