//! Where log lines go: standard error, as text or JSON.

use std::io::{self, IsTerminal, Write};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::util::TryInitError;

use crate::config::{LogConfig, LogFormat};

/// Logging was set up before.
#[derive(Debug, thiserror::Error)]
#[error("logging cannot start")]
pub(crate) struct LogError(#[from] TryInitError);

/// Starts logging; our own crates at the level asked for, the libraries below them only at theirs when
/// it is `debug` or `trace`, else at `error`.
pub(crate) fn init(config: LogConfig) -> Result<(), LogError> {
    let builder = tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .log_internal_errors(false) // it would panic when nobody reads standard error any more
        .with_env_filter(EnvFilter::new(directives(config.level)));
    match config.format {
        LogFormat::Text => {
            builder
                .with_ansi(io::stderr().is_terminal())
                .finish()
                .try_init()?;
        }
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
        LogFormat::Json => tracing::info!(target: SERVING_TARGET, "{line}"),
    }
}

/// Writes a line to standard error, if anybody still reads it.
pub(crate) fn say(line: &str) {
    let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
}
