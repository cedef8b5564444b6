//! Builds libphp from source and keeps it in the cache.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::opcache_archive::{self, ArchiveError};
use super::php_source::{self, SourceError};
use super::recipe::{Recipe, RecipeError};
use crate::cache::{Cache, Staged};
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Why libphp is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LibphpError {
    /// The recipe is wrong.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// There is no source to build.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// configure, make or the finished program failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// opcache could not be archived.
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    /// A file could not be written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The build lacks something the recipe promises.
    #[error("the build has no {what}, which dist/libphp.toml promises")]
    Incomplete { what: String },
}

/// The folder of the newest build made by the present recipe; `libphp/current` leads there.
pub(crate) fn open(checkout: &Checkout, cache: &Cache) -> Result<PathBuf, LibphpError> {
    let recipe = Recipe::read(checkout)?;
    let folder = cache.path("libphp");
    files::create_folder(&folder)?;
    let prefix = match finished(&folder, &recipe)? {
        Some(prefix) => prefix,
        None => build(&recipe, cache, &folder)?,
    };
    let name = prefix.file_name().unwrap_or_default();
    files::link(&folder.join("current"), Path::new(name))?;
    Ok(folder.join("current"))
}

/// A build that is there already, the newest if there are several.
fn finished(folder: &Path, recipe: &Recipe) -> Result<Option<PathBuf>, FileError> {
    let end = format!("-{}", recipe.key);
    let mut builds = files::entries(folder)?;
    builds.retain(|path| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        !name.starts_with('.') && name.ends_with(&end)
    });
    builds.sort_by_key(|path| path.metadata().and_then(|found| found.modified()).ok());
    Ok(builds.pop())
}

fn build(recipe: &Recipe, cache: &Cache, folder: &Path) -> Result<PathBuf, LibphpError> {
    let work = Staged::beside(&folder.join("source"))?;
    let source = php_source::fetch(recipe, cache, work.path())?;
    let name = source.file_name().unwrap_or_default().to_string_lossy();
    let version = name.trim_start_matches("php-");
    let prefix = folder.join(format!("{version}-{}", recipe.key));
    let log = folder.join("build.log");
    files::write(&log, "")?;
    println!("   building PHP {version}; this takes about ten minutes on two cores");
    println!("   log: {}", log.display());

    compile(recipe, &source, &prefix, &log)?;
    let staged = Staged::beside(&prefix)?;
    let root = format!("INSTALL_ROOT={}", staged.path().display());
    process::run_logged(
        Command::new("make")
            .args(["install", &root])
            .current_dir(&source),
        &log,
    )?;
    // `make install` repeats the whole prefix below INSTALL_ROOT.
    let inside = prefix.strip_prefix("/").unwrap_or(&prefix);
    let installed = staged.path().join(inside);
    opcache_archive::make(&source, &installed.join("lib/libopcache.a"))?;
    check(recipe, &installed)?;
    files::rename(&installed, &prefix)?;
    files::remove_folder(staged.path())?;
    files::remove_folder(work.path())?;
    Ok(prefix)
}

fn compile(recipe: &Recipe, source: &Path, prefix: &Path, log: &Path) -> Result<(), CommandError> {
    let mut configure = Command::new("./configure");
    configure
        .arg(format!("--prefix={}", prefix.display()))
        .args(&recipe.configure)
        .env("CFLAGS", &recipe.cflags)
        .env("CXXFLAGS", &recipe.cflags)
        .current_dir(source);
    process::run_logged(&mut configure, log)?;
    let cores = std::thread::available_parallelism().map_or(2, usize::from);
    let jobs = format!("-j{cores}");
    process::run_logged(
        Command::new("nice")
            .args(["make", &jobs])
            .current_dir(source),
        log,
    )
}

/// What is about to be published works and is complete.
fn check(recipe: &Recipe, prefix: &Path) -> Result<(), LibphpError> {
    for library in ["lib/libphp.a", "lib/libopcache.a", "bin/php-config"] {
        if !prefix.join(library).is_file() {
            return Err(LibphpError::Incomplete {
                what: library.to_owned(),
            });
        }
    }
    process::read(Command::new(prefix.join("sbin/php-fpm")).arg("-v"))?;
    let modules = process::read(Command::new(prefix.join("bin/php")).args(["-n", "-m"]))?;
    let modules: Vec<String> = modules.lines().map(str::to_ascii_lowercase).collect();
    for extension in &recipe.extensions {
        if !modules.contains(extension) {
            return Err(LibphpError::Incomplete {
                what: format!("extension {extension}"),
            });
        }
    }
    Ok(())
}
