//! Where log lines go: standard error or a file, as text or JSON.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::util::TryInitError;

use crate::config::{LogConfig, LogFormat};
use crate::log_file::LogFile;

/// Logging was set up before.
#[derive(Debug, thiserror::Error)]
#[error("logging cannot start")]
pub(crate) struct LogError(#[from] TryInitError);

/// Where the log goes when it does not go to standard error.
static FILE: OnceLock<LogFile> = OnceLock::new();

/// Starts logging to standard error, or to a file.
pub(crate) fn init(config: LogConfig, file: Option<&LogFile>) -> Result<(), LogError> {
    match file {
        None => write_to(config, io::stderr, io::stderr().is_terminal()),
        Some(file) => {
            let file = FILE.get_or_init(|| file.clone());
            write_to(config, move || file.clone(), false)
        }
    }
}

/// Our own crates at the level asked for, the libraries below them only at theirs when it is
/// `debug` or `trace`, else at `error`.
fn write_to(
    config: LogConfig,
    writer: impl for<'w> MakeWriter<'w> + Send + Sync + 'static,
    is_terminal: bool,
) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt()
        .with_writer(writer)
        .log_internal_errors(false) // it would panic when nobody reads standard error any more
        .with_env_filter(EnvFilter::new(directives(config.level)));
    match config.format {
        LogFormat::Text => builder.with_ansi(is_terminal).finish().try_init()?,
        LogFormat::Json => builder.json().flatten_event(true).finish().try_init()?,
    }
    Ok(())
}

/// What is logged from where; `php` is what PHP itself and `error_log()` have to say.
fn directives(level: &str) -> String {
    let libraries = match level {
        "debug" | "trace" => level,
        _ => "error",
    };
    format!("{libraries},askr={level},php={level},{SERVING_TARGET}=info")
}

/// The target of [`announce`].
const SERVING_TARGET: &str = "serving";

/// The line that start scripts wait for: plain among text, an event among JSON, at every level.
pub(crate) fn announce(config: LogConfig, line: &str) {
    match config.format {
        LogFormat::Text => say(line),
        LogFormat::Json => {
            tracing::info!(target: SERVING_TARGET, "{line}");
            if FILE.get().is_some() {
                write_line(io::stderr(), line);
            }
        }
    }
}

/// Writes a line to standard error, if anybody still reads it, and to the log file.
pub(crate) fn say(line: &str) {
    write_line(io::stderr(), line);
    if let Some(file) = FILE.get() {
        write_line(file.clone(), line);
    }
}

fn write_line(mut to: impl Write, line: &str) {
    let _ = to.write_all(format!("{line}\n").as_bytes());
}
