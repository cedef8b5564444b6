//! The binary under test, and what `cargo xtask setup` has built for the PHP inside it.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What `askr php` prints with `words`.
pub(crate) fn php(words: &[&str]) -> String {
    let binary = env::var_os("ASKR_BINARY").unwrap_or_else(|| env!("CARGO_BIN_EXE_askr").into());
    let output = Command::new(binary).arg("php").args(words).output();
    String::from_utf8(output.unwrap().stdout).unwrap()
}

/// The cache folder of `cargo xtask setup`.
pub(crate) fn cache() -> PathBuf {
    let base = env::var_os("XDG_CACHE_HOME").map(PathBuf::from);
    let base = base.unwrap_or_else(|| Path::new(&env::var_os("HOME").unwrap()).join(".cache"));
    env::var_os("ASKR_CACHE_DIR").map_or(base.join("askr"), PathBuf::from)
}

/// The version of the PHP inside the binary, as `8.4`.
pub(crate) fn series() -> String {
    php(&["-r", "echo PHP_MAJOR_VERSION, '.', PHP_MINOR_VERSION;"])
}

/// The shared object of an extension for this PHP, where setup could get one.
pub(crate) fn extension(name: &str) -> Option<PathBuf> {
    let object = cache().join(format!("extensions/{}/{name}.so", series()));
    object.is_file().then_some(object)
}
