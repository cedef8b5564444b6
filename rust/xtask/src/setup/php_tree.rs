//! Laravel, PHPUnit, Mockery and Composer from Debian's archive, for machines without Packagist.
//!
//! The packages are unpacked into the cache, not installed. From the unpacked tree two things are
//! made: programs (`bin/composer`) that run where the tree lies, and Composer packages that a
//! `path` repository offers, so that `composer install` works as it does with Packagist.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::apt::{AptError, BINARY_SUITE, EARLIER_SUITE, Package, PrivateApt};
use super::composer_package::{self, WRAPPED};
use crate::cache::{self, Cache, Staged};
use crate::files::{self, FileError};

/// Raised whenever what is made from the packages changes.
const RECIPE: &str = "1";

/// Why the tree could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum TreeError {
    /// The packages could not be had.
    #[error(transparent)]
    Apt(#[from] AptError),
    /// The tree could not be written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// An unpacked tree.
#[derive(Debug, Clone)]
pub(crate) struct PhpTree {
    root: PathBuf,
    suite: &'static str,
}

impl PhpTree {
    /// The tree in the cache, made when it is not there yet.
    pub(crate) fn open(cache: &Cache) -> Result<PhpTree, TreeError> {
        PhpTree::of(cache, BINARY_SUITE)
    }

    /// The tree with the oldest Laravel that is supported.
    pub(crate) fn open_earlier(cache: &Cache) -> Result<PhpTree, TreeError> {
        PhpTree::of(cache, EARLIER_SUITE)
    }

    fn of(cache: &Cache, suite: &'static str) -> Result<PhpTree, TreeError> {
        let names: Vec<&str> = WRAPPED.iter().map(|wrapped| wrapped.debian).collect();
        let key = cache::key(&[RECIPE, suite, &names.join(" ")]);
        let root = cache.path(&format!("php-packages/{suite}-{key}"));
        let tree = PhpTree { root, suite };
        if !tree.root.is_dir() {
            tree.make(cache, &names)?;
        }
        Ok(tree)
    }

    /// The program `name` inside the tree.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.root.join("tree/usr/bin").join(name)
    }

    /// What a Composer `path` repository has as its address.
    pub(crate) fn repository(&self) -> String {
        format!("{}/packages/*", self.root.display())
    }

    fn make(&self, cache: &Cache, names: &[&str]) -> Result<(), TreeError> {
        println!(
            "   Laravel, PHPUnit, Mockery and Composer from Debian {}",
            self.suite
        );
        let apt = PrivateApt::open(cache)?;
        let mut wanted = names.to_vec();
        wanted.push("composer");
        let packages = php_only(apt.closure(&wanted, self.suite)?);
        let versions = versions(&packages);
        for name in &wanted {
            println!("   {name} {}", versions[*name]);
        }

        files::create_folder(&cache.path("php-packages"))?;
        let staged = Staged::beside(&self.root)?;
        let tree = staged.path().join("tree");
        let exact: Vec<String> = packages.iter().map(Package::exactly).collect();
        apt.unpack(&exact, &tree)?;
        self.relocate(&tree)?;
        let library = tree.join("usr/share/php");
        for wrapped in WRAPPED {
            let package = staged.path().join("packages").join(wrapped.folder());
            composer_package::wrap(wrapped, &versions[wrapped.debian], &library, &package)?;
        }
        Ok(staged.publish(&self.root)?)
    }

    /// Debian's autoload files name each other by absolute path: point them at this tree.
    fn relocate(&self, tree: &Path) -> Result<(), FileError> {
        let here = self.root.join("tree/usr/share/php");
        for file in files::files_below(&tree.join("usr/share/php"))? {
            if !composer_package::is_autoload(&file) {
                continue;
            }
            let text = files::read(&file)?;
            let moved = text.replace("'/usr/share/php", &format!("'{}", here.display()));
            files::write(&file, &moved)?;
        }
        Ok(())
    }
}

/// PHP source packages: the engine of Debian and the system below it are not wanted.
fn php_only(packages: Vec<Package>) -> Vec<Package> {
    packages
        .into_iter()
        .filter(|package| package.is_portable)
        .filter(|package| {
            package.name.starts_with("php") || ["composer", "jsonlint"].contains(&&*package.name)
        })
        .collect()
}

/// Upstream versions: `13.31.0+dfsg-1` is 13.31.0.
fn versions(packages: &[Package]) -> BTreeMap<String, String> {
    let upstream = |version: &str| {
        let without_epoch = version.rsplit(':').next().unwrap_or(version);
        let end = without_epoch
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(without_epoch.len());
        without_epoch[..end].to_owned()
    };
    packages
        .iter()
        .map(|package| (package.name.clone(), upstream(&package.version)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, version: &str, is_portable: bool) -> Package {
        Package {
            name: name.to_owned(),
            version: version.to_owned(),
            is_portable,
        }
    }

    #[test]
    fn versions_lose_epoch_and_packaging_suffix() {
        let versions = versions(&[
            package("a", "13.31.0+dfsg-1", true),
            package("b", "2:8.4+96", true),
            package("c", "1.6.15-1", true),
        ]);
        assert_eq!(versions["a"], "13.31.0");
        assert_eq!(versions["b"], "8.4");
        assert_eq!(versions["c"], "1.6.15");
    }

    #[test]
    fn only_portable_php_packages_are_unpacked() {
        let kept = php_only(vec![
            package("php-monolog", "1", true),
            package("php8.4-cli", "1", false),
            package("tzdata", "1", true),
            package("composer", "1", true),
        ]);
        let names: Vec<_> = kept.iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["php-monolog", "composer"]);
    }
}
