//! Shared extensions for tests and benchmarks: built for our engine from Debian's source packages,
//! and Debian 12's own Xdebug for its PHP 8.2.
//!
//! They lie in the cache, `extensions/8.4/apcu.so`. What cannot be had is named and left out: no
//! user of the server needs it, and the tests that do say so.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::apt::{AptError, EARLIEST_SUITE, PrivateApt};
use super::engine::Engine;
use crate::cache::{self, Cache, Staged};
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Raised whenever what is built changes.
const RECIPE: &str = "1";

/// Extensions and the source packages they are in.
const BUILT: &[(&str, &str)] = &[
    ("apcu", "php-apcu"),
    ("igbinary", "php-igbinary"),
    ("redis", "php-redis"),
    ("xdebug", "xdebug"),
];

/// Of the second engine that tests run on.
const UNPACKED: (&str, &str) = ("8.2", "php8.2-xdebug");

/// Kept beside the extensions: what they were made from.
const STAMP: &str = "made-from";

/// Why an extension is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ExtensionError {
    /// Its package could not be had.
    #[error(transparent)]
    Apt(#[from] AptError),
    /// It could not be built.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The package holds no such thing.
    #[error("{package} holds no {what}")]
    Missing { package: String, what: String },
}

/// Makes those that are not there yet.
pub(crate) fn open(cache: &Cache, engine: &Engine) -> Result<(), FileError> {
    let (series, package) = UNPACKED;
    let built = Set::of(cache, engine.series(), &engine.prefix());
    let unpacked = Set::of(cache, series, package);
    if built.is_made() && unpacked.is_made() {
        println!("   up to date");
        return Ok(());
    }
    files::create_folder(&cache.path("extensions"))?;
    if !built.is_made() {
        built.make(|folder| {
            for (name, source) in BUILT {
                told(name, built_in(cache, engine, name, source, folder));
            }
        })?;
    }
    if !unpacked.is_made() {
        unpacked.make(|folder| told(package, unpack(cache, package, folder)))?;
    }
    Ok(())
}

/// The extensions for one engine.
#[derive(Debug)]
struct Set {
    folder: PathBuf,
    key: String,
}

impl Set {
    fn of(cache: &Cache, series: &str, engine: &str) -> Set {
        let names: Vec<&str> = BUILT.iter().map(|(name, _)| *name).collect();
        Set {
            folder: cache.path(&format!("extensions/{series}")),
            key: cache::key(&[RECIPE, series, engine, &names.join(" ")]),
        }
    }

    fn is_made(&self) -> bool {
        files::read(&self.folder.join(STAMP)).is_ok_and(|key| key == self.key)
    }

    fn make(&self, fill: impl FnOnce(&Path)) -> Result<(), FileError> {
        let staged = Staged::beside(&self.folder)?;
        fill(staged.path());
        files::write(&staged.path().join(STAMP), &self.key)?;
        staged.publish(&self.folder)
    }
}

fn told(name: &str, made: Result<String, ExtensionError>) {
    match made {
        Ok(from) => println!("   {name} from {from}"),
        Err(error) => {
            let reason = error.to_string();
            let first = reason.lines().next().unwrap_or_default();
            println!("   {name} is left out, not to be had here: {first}");
        }
    }
}

/// Builds an extension in a folder that goes afterwards; returns the name of the archive.
fn built_in(
    cache: &Cache,
    engine: &Engine,
    name: &str,
    package: &str,
    into: &Path,
) -> Result<String, ExtensionError> {
    let work = Staged::beside(&cache.path("extensions/source"))?;
    let fetched = PrivateApt::open(cache)
        .and_then(|apt| apt.source(package, &work.path().join("archive")))
        .map_err(ExtensionError::from);
    let built = fetched.and_then(|archive| {
        build(engine, name, &archive, into)?;
        let archive = archive.file_name().unwrap_or_default();
        Ok(archive.to_string_lossy().into_owned())
    });
    files::remove_folder(work.path())?;
    built
}

/// Unpacks the source beside its archive, and builds it there.
fn build(engine: &Engine, name: &str, archive: &Path, into: &Path) -> Result<(), ExtensionError> {
    let work = archive.parent().unwrap_or(archive);
    let mut unpack = Command::new("tar");
    unpack.arg("--extract").arg("--file").arg(archive);
    process::read(unpack.current_dir(work))?;
    let source = source_in(work, name)?;
    let tool = |tool: &str| PathBuf::from(engine.prefix()).join("bin").join(tool);
    process::read(Command::new(tool("phpize")).current_dir(&source))?;
    let with = format!("--with-php-config={}", tool("php-config").display());
    process::read(Command::new("./configure").arg(with).current_dir(&source))?;
    process::read(Command::new("make").arg("-j2").current_dir(&source))?;
    let object = format!("{name}.so");
    let built = source.join("modules").join(&object);
    Ok(files::copy(&built, &into.join(&object))?)
}

/// The folder with the extension's `config.m4`, the archive's only folder or one in it.
fn source_in(work: &Path, package: &str) -> Result<PathBuf, ExtensionError> {
    let mut folders = files::entries(work)?;
    folders.retain(|path| path.join("config.m4").is_file());
    folders.pop().ok_or_else(|| ExtensionError::Missing {
        package: package.to_owned(),
        what: "config.m4".to_owned(),
    })
}

/// Takes the shared object out of a package for Debian's own PHP.
fn unpack(cache: &Cache, package: &str, into: &Path) -> Result<String, ExtensionError> {
    let work = Staged::beside(&cache.path("extensions/package"))?;
    let named = format!("{package}/{EARLIEST_SUITE}");
    PrivateApt::open(cache)?.unpack(&[&named], work.path())?;
    let object = files::files_below(work.path())?
        .into_iter()
        .find(|path| path.extension().is_some_and(|kind| kind == "so"));
    let object = object.ok_or_else(|| ExtensionError::Missing {
        package: package.to_owned(),
        what: "shared object".to_owned(),
    })?;
    files::copy(&object, &into.join(object.file_name().unwrap_or_default()))?;
    files::remove_folder(work.path())?;
    Ok(named)
}
