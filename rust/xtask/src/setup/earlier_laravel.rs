//! The oldest Laravel that the Composer package supports, for tests that run against both ends.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::composer_install::{self, InstallError};
use super::php_tools::PhpTools;
use crate::checkout::Checkout;
use crate::files::{self, FileError};

/// What is installed, in Composer's words.
pub(crate) const VERSION: &str = "^10.48";

/// Why it is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EarlierError {
    /// Composer failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// A manifest could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The manifest of the package is not JSON.
    #[error("composer.json: {0}")]
    Manifest(#[from] serde_json::Error),
}

/// The folder it is installed in.
pub(crate) fn folder(checkout: &Checkout) -> PathBuf {
    checkout.target().join("laravel-10.48")
}

/// Installs it, with this package and what runs its tests.
pub(crate) fn install(checkout: &Checkout, tools: &PhpTools) -> Result<(), EarlierError> {
    let folder = folder(checkout);
    files::create_folder(&folder)?;
    let package = serde_json::from_str(&files::read(&checkout.path("composer.json"))?)?;
    let manifest = manifest(checkout.root(), &package, tools.earlier_repository());
    files::write(&folder.join("composer.json"), &format!("{manifest:#}\n"))?;
    Ok(composer_install::install(checkout, &folder, tools)?)
}

fn manifest(root: &Path, package: &Value, offline: Option<String>) -> Value {
    let repositories = [root.display().to_string()].into_iter().chain(offline);
    let repository = |url| json!({ "type": "path", "url": url, "options": { "symlink": true } });
    json!({
        "name": "askr/earlier-laravel",
        "repositories": repositories.map(repository).collect::<Vec<_>>(),
        "require": {
            "askr/askr-laravel": "@dev",
            "laravel/framework": VERSION,
            "mockery/mockery": "^1.6",
            "phpunit/phpunit": "^10.5|^11.5",
        },
        "autoload": { "psr-4": test_folders(root, package) },
        // Nobody is served with it: what its age means for its security does not matter here.
        "config": { "optimize-autoloader": true, "audit": { "block-insecure": false } },
    })
}

/// Where the package's own tests lie.
fn test_folders(root: &Path, package: &Value) -> Value {
    let folders = package["autoload-dev"]["psr-4"].as_object();
    let absolute = |(name, folder): (&String, &Value)| {
        let folder = root.join(folder.as_str().unwrap_or_default());
        (name.clone(), json!(folder.display().to_string()))
    };
    folders.into_iter().flatten().map(absolute).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_finds_the_tests_and_the_offline_packages() {
        let package = json!({ "autoload-dev": { "psr-4": { "Tests\\": "tests/" } } });

        let online = manifest(Path::new("/checkout"), &package, None);
        let offline = manifest(Path::new("/checkout"), &package, Some("/tree/*".to_owned()));

        assert_eq!(online["autoload"]["psr-4"]["Tests\\"], "/checkout/tests/");
        assert_eq!(online["repositories"].as_array().unwrap().len(), 1);
        assert_eq!(offline["repositories"][1]["url"], "/tree/*");
    }
}
