//! Gets PHP's source: from php.net, or the same archive from Debian's source package.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde::Deserialize;

use super::apt::{AptError, PrivateApt, SOURCE_SUITE};
use super::recipe::Recipe;
use crate::cache::Cache;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Why there is no source.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SourceError {
    /// php.net does not answer and Debian's archive does not help.
    #[error("php.net does not answer, and: {0}")]
    Apt(#[from] AptError),
    /// The archive could not be downloaded, checked or unpacked.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The archive does not hold what it should.
    #[error("{archive} holds no folder php-{series}.*")]
    Unexpected { archive: String, series: String },
}

/// One entry of php.net's release list.
#[derive(Debug, Deserialize)]
struct Release {
    source: Vec<ReleaseFile>,
}

#[derive(Debug, Deserialize)]
struct ReleaseFile {
    filename: String,
    sha256: String,
}

/// Unpacks the newest source of the recipe's series below `folder`; returns its folder.
pub(crate) fn fetch(recipe: &Recipe, cache: &Cache, folder: &Path) -> Result<PathBuf, SourceError> {
    let archive = match release(&recipe.series) {
        Some(file) => from_php_net(&file, folder)?,
        None => from_debian(recipe, cache, folder)?,
    };
    process::read(
        Command::new("tar")
            .arg("--extract")
            .arg("--file")
            .arg(&archive)
            .current_dir(folder),
    )?;
    let start = format!("php-{}.", recipe.series);
    files::entries(folder)?
        .into_iter()
        .find(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            path.is_dir() && name.starts_with(&start)
        })
        .ok_or_else(|| SourceError::Unexpected {
            archive: archive.display().to_string(),
            series: recipe.series.clone(),
        })
}

/// The newest release php.net names, if it answers soon.
fn release(series: &str) -> Option<ReleaseFile> {
    let address = format!("https://www.php.net/releases/index.php?json&version={series}");
    let list = process::read(curl().args(["--max-time", "20", &address])).ok()?;
    let release: Release = serde_json::from_str(&list).ok()?;
    release
        .source
        .into_iter()
        .find(|file| file.filename.ends_with(".tar.xz"))
}

fn from_php_net(file: &ReleaseFile, folder: &Path) -> Result<PathBuf, SourceError> {
    println!("   source: {} from php.net", file.filename);
    let archive = folder.join(&file.filename);
    let address = format!("https://www.php.net/distributions/{}", file.filename);
    process::read(
        curl()
            .args(["--retry", "3", "--output"])
            .arg(&archive)
            .arg(address),
    )?;
    let list = folder.join("sha256");
    files::write(&list, &format!("{}  {}\n", file.sha256, archive.display()))?;
    process::read(
        Command::new("sha256sum")
            .args(["--check", "--strict"])
            .arg(&list),
    )?;
    Ok(archive)
}

fn from_debian(recipe: &Recipe, cache: &Cache, folder: &Path) -> Result<PathBuf, SourceError> {
    let apt = PrivateApt::open(cache)?;
    let archive = apt.source(&recipe.debian_source, &folder.join("archive"))?;
    let name = archive.file_name().unwrap_or_default().to_string_lossy();
    println!("   source: {name} from Debian {SOURCE_SUITE}; php.net does not answer");
    Ok(archive)
}

fn curl() -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--fail", "--location"]);
    command.args(["--connect-timeout", "4"]);
    command
}
