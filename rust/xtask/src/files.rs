//! File system operations whose errors name the file and what was tried.

use std::io;
use std::path::{Path, PathBuf};

/// A file operation that did not work.
#[derive(Debug, thiserror::Error)]
#[error("could not {verb} {path}: {source}", path = path.display())]
pub(crate) struct FileError {
    verb: &'static str,
    path: PathBuf,
    #[source]
    source: io::Error,
}

/// Attaches what was tried to an input/output result.
pub(crate) fn named<T>(
    verb: &'static str,
    path: &Path,
    result: io::Result<T>,
) -> Result<T, FileError> {
    result.map_err(|source| FileError {
        verb,
        path: path.to_owned(),
        source,
    })
}

/// Reads a whole text file.
pub(crate) fn read(path: &Path) -> Result<String, FileError> {
    named("read", path, std::fs::read_to_string(path))
}

/// Writes a whole file; leaves it alone when it already has these contents.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), FileError> {
    if std::fs::read(path).is_ok_and(|present| present == text.as_bytes()) {
        return Ok(());
    }
    named("write", path, std::fs::write(path, text))
}

/// Creates a folder and its parents.
pub(crate) fn create_folder(path: &Path) -> Result<(), FileError> {
    named("create the folder", path, std::fs::create_dir_all(path))
}

/// Removes a folder and everything in it; one that is not there is fine.
pub(crate) fn remove_folder(path: &Path) -> Result<(), FileError> {
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            named("remove the folder", path, Err(error))
        }
        _ => Ok(()),
    }
}

/// Copies a file.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), FileError> {
    named("copy", from, std::fs::copy(from, to)).map(drop)
}

/// Renames a file or folder within one file system.
pub(crate) fn rename(from: &Path, to: &Path) -> Result<(), FileError> {
    named("rename to", to, std::fs::rename(from, to))
}

/// Makes `link` point at `target`, atomically; nothing happens when it already does.
pub(crate) fn link(link: &Path, target: &Path) -> Result<(), FileError> {
    if std::fs::read_link(link).is_ok_and(|present| present == target) {
        return Ok(());
    }
    let fresh = link.with_extension("new");
    let _leftover = std::fs::remove_file(&fresh);
    named("link", &fresh, std::os::unix::fs::symlink(target, &fresh))?;
    rename(&fresh, link)
}

/// Names and paths in a folder, sorted.
pub(crate) fn entries(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let listing = named("list", folder, std::fs::read_dir(folder))?;
    let mut paths = Vec::new();
    for entry in listing {
        paths.push(named("list", folder, entry)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// Every file below `folder` (links are not followed), sorted, folders left out.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>, FileError> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for path in entries(&folder)? {
            let kind = named("look at", &path, path.symlink_metadata())?;
            if kind.is_dir() {
                folders.push(path);
            } else {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}
