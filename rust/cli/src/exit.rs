//! The only place that turns errors into exit codes and the last words on standard error.

use std::process::ExitCode;

use crate::args::UsageError;
use crate::config::ConfigError;

/// The command line cannot be understood (`EX_USAGE`).
const USAGE: u8 = 64;
/// Something the server needs is taken or refused (`EX_UNAVAILABLE`).
const UNAVAILABLE: u8 = 69;
/// The server or the application failed (`EX_SOFTWARE`).
const INTERNAL: u8 = 70;
/// A file, a variable or a path it names is wrong (`EX_CONFIG`).
const CONFIGURATION: u8 = 78;

/// Everything that can end a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Usage(#[from] UsageError),
    #[error(transparent)]
    Config(#[from] ConfigError),
}

/// Says what went wrong and returns the exit code of its kind.
pub(crate) fn report(failure: &Failure) -> ExitCode {
    say(failure);
    ExitCode::from(code(failure))
}

fn code(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) => USAGE,
        Failure::Config(error) if error.is_usage() => USAGE,
        Failure::Config(_) => CONFIGURATION,
    }
}

#[expect(clippy::print_stderr, reason = "the last words of a command that ends")]
fn say(failure: &Failure) {
    let mut text = failure.to_string();
    let mut cause = std::error::Error::source(failure);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    eprintln!("askr: {text}");
}
