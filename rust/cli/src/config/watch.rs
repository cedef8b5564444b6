//! What `watch` looks at.

use std::path::{Path, PathBuf};

use super::application::root_path;
use super::options::Key;
use super::settings::Settings;

/// What is watched while somebody develops.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchConfig {
    /// The folder of the application.
    pub(crate) base: PathBuf,
    /// Files and folders, whether they exist yet or not.
    pub(crate) paths: Vec<PathBuf>,
}

impl WatchConfig {
    /// The application is at `base`: that is another name of the same folder.
    pub(crate) fn move_to(&mut self, base: PathBuf) {
        for path in &mut self.paths {
            if let Ok(below) = path.strip_prefix(&self.base) {
                *path = base.join(below);
            }
        }
        self.base = base;
    }
}

/// What is watched, if anything is to be. Without a folder of the application it is the one that
/// the document root lies in.
pub(super) fn watch(settings: &Settings) -> Option<WatchConfig> {
    if !settings.switch(Key::Watch) {
        return None;
    }
    let above_root = || root_path(settings)?.parent().map(Path::to_owned);
    let base = settings.path(Key::AppBase).map(Path::to_owned);
    let base = base.or_else(above_root)?;
    let paths = match settings.paths(Key::WatchPaths) {
        [] => PATHS.iter().map(|path| base.join(path)).collect(),
        given => given.to_vec(),
    };
    Some(WatchConfig { base, paths })
}

/// Where Laravel keeps what is read once. Not `public`: files there are served as they are. What
/// composer writes last stands for all of `vendor`.
const PATHS: &[&str] = &[
    "app",
    "bootstrap",
    "config",
    "database",
    "lang",
    "resources",
    "routes",
    ".env",
    "composer.lock",
    "vendor/composer",
];
