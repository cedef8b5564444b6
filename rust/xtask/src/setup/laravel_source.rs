//! Laravel's own tests, which its packages leave out: they are in its source.
//!
//! They are fetched for the versions that are installed, kept in the cache and linked below
//! `target/laravel-tests`; never committed. Composer clones the source when Packagist answers.
//! Debian's archive has the source package of one of the two; the other version's tests are left out
//! there, unless `$ASKR_LARAVEL_SOURCE` names a checkout of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::apt::{AptError, PrivateApt};
use super::earlier_laravel;
use super::php_tools::PhpTools;
use crate::cache::{Cache, Staged};
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

const PACKAGE: &str = "laravel/framework";
const DEBIAN_SOURCE: &str = "php-laravel-framework";

/// Names a checkout of Laravel of the version that is installed last.
const VARIABLE: &str = "ASKR_LARAVEL_SOURCE";

/// Why a version's tests are not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// Debian's archive does not have them.
    #[error(transparent)]
    Apt(#[from] AptError),
    /// They could not be cloned or unpacked.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The archive has the source of another version.
    #[error("the archive's source package is {found}, and {wanted} is installed")]
    Version { found: String, wanted: String },
    /// Composer's list of installed packages does not name Laravel.
    #[error("{list} names no {PACKAGE}", list = list.display())]
    NotInstalled { list: PathBuf },
}

impl SourceError {
    fn version(found: &str, wanted: &str) -> SourceError {
        SourceError::Version {
            found: found.to_owned(),
            wanted: wanted.to_owned(),
        }
    }
}

/// Fetches and links what is not there yet.
pub(crate) fn open(
    checkout: &Checkout,
    cache: &Cache,
    tools: &PhpTools,
) -> Result<(), SourceError> {
    let latest = checkout.path("vendor");
    let earliest = earlier_laravel::folder(checkout).join("vendor");
    for (name, packages) in [("earliest", earliest), ("latest", latest)] {
        let folder = checkout.target().join("laravel-tests").join(name);
        let version = installed_version(&packages)?;
        match source(cache, tools, name, &version) {
            Ok(source) => {
                files::create_folder(&folder)?;
                files::link(&folder.join("source"), &source)?;
                files::link(&folder.join("vendor"), &packages)?;
                println!("   {name}: {version}");
            }
            Err(error) => {
                files::remove_folder(&folder)?;
                let reason = error.to_string();
                let reason = reason.lines().next().unwrap_or_default();
                println!("   {name}: {version} is left out, not to be had here: {reason}");
            }
        }
    }
    Ok(())
}

/// A folder with the framework's `tests`.
fn source(
    cache: &Cache,
    tools: &PhpTools,
    name: &str,
    version: &str,
) -> Result<PathBuf, SourceError> {
    let named = std::env::var_os(VARIABLE).filter(|path| name == "latest" && !path.is_empty());
    if let Some(named) = named {
        return Ok(PathBuf::from(named));
    }
    let folder = cache.path(&format!("laravel-source/{version}"));
    if folder.join("tests").is_dir() {
        return Ok(folder);
    }
    files::create_folder(&cache.path("laravel-source"))?;
    let staged = Staged::beside(&folder)?;
    let fetched = if tools.has_packagist() {
        clone(tools, version, staged.path())
    } else {
        unpack_once(cache, version, staged.path())
    };
    if let Err(error) = fetched {
        files::remove_folder(staged.path())?;
        return Err(error);
    }
    staged.publish(&folder)?;
    Ok(folder)
}

/// Asks the archive, unless it is known that it has another version: asking takes seconds.
fn unpack_once(cache: &Cache, version: &str, into: &Path) -> Result<(), SourceError> {
    let known = cache.path(&format!("laravel-source/{version}.instead"));
    if let Ok(found) = files::read(&known) {
        return Err(SourceError::version(&found, version));
    }
    let unpacked = unpack(cache, version, into);
    if let Err(SourceError::Version { found, .. }) = &unpacked {
        files::write(&known, found)?;
    }
    unpacked
}

/// The repository itself: what Packagist offers for download has no tests.
fn clone(tools: &PhpTools, version: &str, into: &Path) -> Result<(), SourceError> {
    let mut composer = tools.composer();
    composer
        .args(["create-project", "--prefer-source", "--no-install"])
        .args(["--no-scripts", "--no-plugins", "--remove-vcs", "--quiet"])
        .arg(PACKAGE)
        .arg(into)
        .arg(version);
    process::read(&mut composer)?;
    Ok(())
}

/// The source package of Debian, when it is the version that is installed.
fn unpack(cache: &Cache, version: &str, into: &Path) -> Result<(), SourceError> {
    let archive = PrivateApt::open(cache)?.source(DEBIAN_SOURCE, &into.join("archive"))?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    let found = version_in(&name);
    if found != version {
        return Err(SourceError::version(found, version));
    }
    let mut tar = Command::new("tar");
    tar.args(["--extract", "--strip-components=1", "--wildcards", "--file"])
        .arg(&archive)
        .arg("*/tests")
        .current_dir(into);
    process::read(&mut tar)?;
    Ok(files::remove_folder(&into.join("archive"))?)
}

/// `php-laravel-framework_10.48.29+dfsg.orig.tar.xz` is 10.48.29.
fn version_in(archive: &str) -> &str {
    let version = archive.split('_').nth(1).unwrap_or_default();
    let end = version.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    version[..end.unwrap_or(version.len())].trim_end_matches('.')
}

fn installed_version(packages: &Path) -> Result<String, SourceError> {
    let list = packages.join("composer/installed.json");
    let text = files::read(&list)?;
    let installed: Option<Value> = serde_json::from_str(&text).ok();
    let version = installed.as_ref().and_then(framework_in);
    version.ok_or(SourceError::NotInstalled { list })
}

fn framework_in(installed: &Value) -> Option<String> {
    let packages = installed["packages"].as_array()?;
    let framework = packages.iter().find(|package| package["name"] == PACKAGE)?;
    let version = framework["version"].as_str()?;
    Some(version.trim_start_matches('v').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_version_stands_in_the_name_of_the_archive() {
        let archive = "php-laravel-framework_10.48.29+dfsg.orig.tar.xz";
        assert_eq!(version_in(archive), "10.48.29");
        assert_eq!(version_in("x_13.1.0.orig.tar.gz"), "13.1.0");
        assert_eq!(version_in("nothing"), "");
    }

    #[test]
    fn the_installed_version_is_known_with_and_without_its_letter() {
        let list = |version| json!({ "packages": [{ "name": PACKAGE, "version": version }] });
        assert_eq!(framework_in(&list("v13.2.0")).as_deref(), Some("13.2.0"));
        assert_eq!(framework_in(&list("10.48.29")).as_deref(), Some("10.48.29"));
        assert_eq!(framework_in(&json!({ "packages": [] })), None);
    }
}
