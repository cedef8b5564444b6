//! Runs `composer install` in a folder when what it depends on has changed.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::php_tools::PhpTools;
use crate::cache;
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Kept beside what Composer installed: what it was installed from.
const STAMP: &str = "vendor/.askr-setup";

/// Why the packages are not installed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InstallError {
    /// Composer failed.
    #[error("in {folder}: {source}", folder = folder.display())]
    Composer {
        folder: PathBuf,
        #[source]
        source: CommandError,
    },
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// `composer.json` is not JSON.
    #[error("{path}: {source}", path = path.display())]
    Manifest {
        path: PathBuf,
        #[source]
        source: serde_json::Error,
    },
}

/// Installs the packages of `folder`, the root of the checkout or an application in it.
pub(crate) fn install(
    checkout: &Checkout,
    folder: &Path,
    tools: &PhpTools,
) -> Result<(), InstallError> {
    let wanted = key(checkout, folder, tools)?;
    let stamp = folder.join(STAMP);
    if files::read(&stamp).is_ok_and(|present| present == wanted) {
        println!("   up to date");
        return Ok(());
    }
    // A lock made with packages of another origin names archives that cannot be had here.
    let _leftover = std::fs::remove_file(folder.join("composer.lock"));
    let mut composer = tools.composer();
    composer
        .args(["install", "--no-progress", "--quiet"])
        .current_dir(folder);
    if let Some(manifest) = reduced_manifest(checkout, folder, tools)? {
        composer.env("COMPOSER", manifest);
    }
    process::read(&mut composer).map_err(|source| InstallError::Composer {
        folder: folder.to_owned(),
        source,
    })?;
    Ok(files::write(&stamp, &wanted)?)
}

/// Changes with the manifests and with where packages come from.
fn key(checkout: &Checkout, folder: &Path, tools: &PhpTools) -> Result<String, FileError> {
    let own = files::read(&folder.join("composer.json"))?;
    let package = files::read(&checkout.path("composer.json"))?;
    Ok(cache::key(&[tools.origin(), &own, &package]))
}

/// A manifest without the development packages that cannot be had; none when all can.
fn reduced_manifest(
    checkout: &Checkout,
    folder: &Path,
    tools: &PhpTools,
) -> Result<Option<PathBuf>, InstallError> {
    let path = folder.join("composer.json");
    let text = files::read(&path)?;
    let mut manifest: Value =
        serde_json::from_str(&text).map_err(|source| InstallError::Manifest { path, source })?;
    let missing = drop_missing(&mut manifest, |name| tools.offers(name));
    if missing.is_empty() {
        return Ok(None);
    }
    println!("   left out, not to be had here: {}", missing.join(", "));
    let folder = checkout.target().join("composer");
    files::create_folder(&folder)?;
    let reduced = folder.join("reduced.json");
    // What an earlier run resolved may not fit any more.
    let _leftover = std::fs::remove_file(folder.join("reduced.lock"));
    files::write(&reduced, &format!("{manifest:#}\n"))?;
    Ok(Some(reduced))
}

/// Removes entries of `require-dev` that are not on offer; returns their names.
fn drop_missing(manifest: &mut Value, offers: impl Fn(&str) -> bool) -> Vec<String> {
    let mut missing = Vec::new();
    if let Some(packages) = manifest
        .get_mut("require-dev")
        .and_then(Value::as_object_mut)
    {
        packages.retain(|name, _| {
            let is_kept = !name.contains('/') || offers(name);
            if !is_kept {
                missing.push(name.clone());
            }
            is_kept
        });
    }
    missing
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_development_packages_that_are_not_on_offer_are_left_out() {
        let mut manifest = json!({
            "require": { "a/a": "*" },
            "require-dev": { "ext-zip": "*", "b/b": "*", "c/c": "*" },
        });
        let missing = drop_missing(&mut manifest, |name| name == "b/b");
        assert_eq!(missing, ["c/c"]);
        assert_eq!(manifest["require"], json!({ "a/a": "*" }));
        assert_eq!(
            manifest["require-dev"],
            json!({ "ext-zip": "*", "b/b": "*" })
        );
    }
}
