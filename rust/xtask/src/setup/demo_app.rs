//! The demo application: its packages, key, database and migrations.

use std::path::Path;
use std::process::Command;

use super::composer_install::{self, InstallError};
use super::engine::Engine;
use super::php_tools::PhpTools;
use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Why the demo application is not ready.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApplicationError {
    /// Composer failed.
    #[error(transparent)]
    Install(#[from] InstallError),
    /// artisan failed.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// A file of the application could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
}

/// Packages, key, database and migrations of `laravel/demo`.
pub(crate) fn install(
    checkout: &Checkout,
    engine: &Engine,
    tools: &PhpTools,
) -> Result<(), ApplicationError> {
    let demo = checkout.demo();
    environment_file(&demo)?;
    composer_install::install(checkout, &demo, tools)?;
    application_key(&demo, engine)?;
    database(&demo, engine)
}

/// `.env`, from the example in the repository.
fn environment_file(demo: &Path) -> Result<(), FileError> {
    let file = demo.join(".env");
    if file.exists() {
        return Ok(());
    }
    println!("   .env from .env.example");
    files::write(&file, &files::read(&demo.join(".env.example"))?)
}

fn application_key(demo: &Path, engine: &Engine) -> Result<(), ApplicationError> {
    let text = files::read(&demo.join(".env"))?;
    let has_key = text
        .lines()
        .filter_map(|line| line.strip_prefix("APP_KEY="))
        .any(|key| !key.is_empty());
    if !has_key {
        process::read(artisan(demo, engine).args(["key:generate", "--force"]))?;
    }
    Ok(())
}

fn database(demo: &Path, engine: &Engine) -> Result<(), ApplicationError> {
    let file = demo.join("database/database.sqlite");
    let is_new = !file.exists();
    if is_new {
        files::write(&file, "")?;
    }
    let mut migrate = artisan(demo, engine);
    migrate.args(["migrate", "--force"]);
    if is_new && demo.join("database/seeders/DatabaseSeeder.php").is_file() {
        migrate.arg("--seed");
    }
    let migrated = process::read(&mut migrate);
    if migrated.is_err() && is_new {
        // The next setup must seed it: an empty database would look finished.
        let _leftover = std::fs::remove_file(&file);
    }
    migrated?;
    Ok(())
}

fn artisan(demo: &Path, engine: &Engine) -> Command {
    let mut command = Command::new(&engine.php);
    command
        .args(["artisan", "--no-interaction"])
        .current_dir(demo);
    command
}
