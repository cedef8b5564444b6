//! The only place that turns errors into exit codes and the last words on standard error.

use std::error::Error;
use std::process::ExitCode;

use askr_supervisor::TemplateFdsError;

use crate::args::UsageError;
use crate::command::ArtisanError;
use crate::config::ConfigError;
use crate::logging::LogError;

/// `askr doctor` found something that will not work.
const FINDINGS: u8 = 1;
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
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Artisan(#[from] ArtisanError),
    #[error("askr serve starts this command: {0}")]
    Template(#[from] TemplateFdsError),
}

/// Says what went wrong and returns the exit code of its kind.
pub(crate) fn report(failure: &Failure) -> ExitCode {
    say(failure);
    ExitCode::from(code(failure))
}

/// The exit code of a doctor that is not content; every finding is printed already.
pub(crate) fn doctor_failed() -> ExitCode {
    ExitCode::from(FINDINGS)
}

fn code(failure: &Failure) -> u8 {
    match failure {
        Failure::Usage(_) | Failure::Template(_) => USAGE,
        Failure::Config(error) if error.is_usage() => USAGE,
        Failure::Config(_) | Failure::Artisan(_) => CONFIGURATION,
        Failure::Log(_) => INTERNAL,
    }
}

/// One line: the error and what caused it.
#[expect(clippy::print_stderr, reason = "the last words of a command that ends")]
fn say(failure: &Failure) {
    let mut text = failure.to_string();
    let mut cause = failure.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    eprintln!("askr: {text}");
}
