//! `cargo xtask demo`: the demo application, served the way a Laravel developer would start it.

use std::ffi::OsString;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use crate::cache::Cache;
use crate::checkout::Checkout;
use crate::setup::{self, SetupError};

/// Why the demo does not run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DemoError {
    /// Setup failed.
    #[error(transparent)]
    Setup(#[from] SetupError),
    /// The binary cannot be executed.
    #[error("could not run {program}: {source}")]
    Run {
        program: String,
        #[source]
        source: io::Error,
    },
}

/// Becomes `php artisan askr:start`, so that Ctrl-C and the exit status are its own.
pub(crate) fn run(
    checkout: &Checkout,
    cache: &Cache,
    options: &[OsString],
) -> Result<std::convert::Infallible, DemoError> {
    setup::run(checkout, cache)?;
    println!("── php artisan askr:start, in laravel/demo; Ctrl-C stops it");
    let binary = checkout.binary();
    let php = binary.with_file_name("php");
    let source = Command::new(&php)
        .args(["artisan", "askr:start"])
        .args(options)
        .env("ASKR_BINARY", &binary)
        .current_dir(checkout.demo())
        .exec();
    Err(DemoError::Run {
        program: php.display().to_string(),
        source,
    })
}
