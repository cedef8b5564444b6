//! How files are sent: what is kept of them, where links may lead, and what PHP may have sent.

use std::path::PathBuf;

use askr_gateway::{FileConfig, Symlinks};

use super::application::not_there;
use super::error::ConfigError;
use super::options::Key;
use super::settings::Settings;

/// The words of `symlinks`.
pub(crate) const SYMLINKS: &[&str] = &["follow", "inside", "never"];

/// The settings about files of all applications.
pub(super) fn files(settings: &Settings) -> FileConfig {
    let cache_bytes = usize::try_from(settings.bytes(Key::FileCache)).unwrap_or(usize::MAX);
    FileConfig {
        cache_bytes,
        immutable: settings.names(Key::Immutable).to_vec(),
        symlinks: symlinks(settings.choice(Key::Symlinks)),
    }
}

fn symlinks(word: &str) -> Symlinks {
    match word {
        "inside" => Symlinks::Inside,
        "never" => Symlinks::Never,
        _ => Symlinks::Follow,
    }
}

/// The roots of an application that were named, else where Laravel keeps files.
///
/// # Errors
/// One that was named and is not there.
pub(super) fn sendfile_roots(settings: &Settings) -> Result<Vec<PathBuf>, ConfigError> {
    let named = settings.paths(Key::SendfileRoots);
    if named.is_empty() {
        let app_base = settings.path(Key::AppBase);
        return Ok(app_base
            .map(|base| base.join("storage/app"))
            .into_iter()
            .collect());
    }
    if let Some(missing) = named.iter().find(|path| !path.is_dir()) {
        let remedy = "name folders from which PHP may have files sent, or create them";
        let key = Key::SendfileRoots;
        return Err(not_there(settings, key, missing, "folder", remedy));
    }
    Ok(named.to_vec())
}
