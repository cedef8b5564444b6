//! Text that was asked for goes to standard output.

use std::io::{self, Write};
use std::process::ExitCode;

use crate::exit::Failure;

/// Prints `text`; a reader that has left is no failure.
#[expect(clippy::unnecessary_wraps, reason = "every command has the same shape")]
pub(crate) fn print(text: &str) -> Result<ExitCode, Failure> {
    let _ = io::stdout().lock().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}
