//! How large the store is, how it is shared out, and where it stays between two servers.

use std::path::{Path, PathBuf};

use askr_store::Sizes;

use super::application::not_there;
use super::error::ConfigError;
use super::options::Key;
use super::settings::Settings;

/// The store of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoreConfig {
    /// Bytes of each part.
    pub(crate) sizes: Sizes,
    /// What is kept from one server to the next.
    pub(crate) file: Option<PathBuf>,
}

impl StoreConfig {
    /// Unless somebody says otherwise.
    pub(super) const SIZE: u64 = 64 << 20;
    /// With less, the smallest part had no room for a few hundred entries.
    pub(super) const SIZE_MIN: u64 = 4 << 20;

    /// All parts together.
    pub(super) fn bytes(&self) -> u64 {
        self.sizes
            .namespaces
            .iter()
            .map(|bytes| *bytes as u64)
            .sum()
    }

    /// The largest value that may be allowed: the cache has room for a few of them.
    pub(super) fn value_most(settings: &Settings) -> u64 {
        let most = Sizes::value_bytes_most(in_memory(parts(settings)[0]));
        u64::try_from(most).unwrap_or(u64::MAX)
    }
}

/// The store that the settings describe, if they want one.
///
/// # Errors
/// When there is no folder for its file.
pub(super) fn store(settings: &Settings) -> Result<Option<StoreConfig>, ConfigError> {
    if settings.bytes(Key::StoreSize) == 0 {
        return Ok(None);
    }
    let sizes = Sizes {
        namespaces: parts(settings).map(in_memory),
        value_max: in_memory(value_max(settings)),
    };
    let file = file(settings)?;
    Ok(Some(StoreConfig { sizes, file }))
}

/// Cache, counters, sessions, locks and limits; the cache has what the others leave.
fn parts(settings: &Settings) -> [u64; 5] {
    let size = settings.bytes(Key::StoreSize);
    let sessions = settings.size(Key::StoreSessions).unwrap_or(size / 8);
    let (counters, locks, limits) = (size / 16, size / 32, size / 32);
    let others = counters + sessions + locks + limits;
    [size - others, counters, sessions, locks, limits]
}

fn value_max(settings: &Settings) -> u64 {
    const VALUE_MAX: u64 = 8 << 20;
    let given = settings.size(Key::StoreValueMax);
    given.unwrap_or_else(|| VALUE_MAX.min(StoreConfig::value_most(settings)))
}

fn file(settings: &Settings) -> Result<Option<PathBuf>, ConfigError> {
    let Some(path) = settings.path(Key::StoreFile) else {
        return Ok(None);
    };
    let remedy = "name a file in a folder that is there";
    let is_something_else = path.exists() && !path.is_file();
    if !path.parent().is_some_and(Path::is_dir) || is_something_else {
        return Err(not_there(
            settings,
            Key::StoreFile,
            path,
            "place for a file",
            remedy,
        ));
    }
    Ok(Some(path.to_owned()))
}

fn in_memory(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}
