//! The example program of the store's crate.

use std::process::Command;

use crate::checkout::Checkout;
use crate::process::{self, CommandError};

/// Runs one of its measurements; returns what it printed.
pub(super) fn run(checkout: &Checkout, words: &[&str]) -> Result<String, CommandError> {
    process::read(
        Command::new("cargo")
            .args(["run", "--quiet", "--release", "--package", "askr-store"])
            .args(["--example", "measure", "--"])
            .args(words)
            .current_dir(checkout.root()),
    )
}
