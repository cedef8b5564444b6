//! The release binary and its `php` name.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::checkout::Checkout;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Why there is no binary.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BinaryError {
    /// It does not compile.
    #[error(transparent)]
    Cargo(#[from] CommandError),
    /// The link beside it could not be made.
    #[error(transparent)]
    File(#[from] FileError),
    /// Cargo put it somewhere else.
    #[error("cargo built no {path}", path = path.display())]
    Missing { path: PathBuf },
}

/// Builds it; cargo knows whether there is anything to do.
pub(crate) fn build(checkout: &Checkout) -> Result<(), BinaryError> {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["build", "--release", "--package", "askr-cli"])
        .current_dir(checkout.root());
    process::run(&mut cargo)?;
    let path = checkout.binary();
    if !path.is_file() {
        return Err(BinaryError::Missing { path });
    }
    // Under the name `php` the binary is a command-line PHP.
    Ok(files::link(&path.with_file_name("php"), Path::new("askr"))?)
}
