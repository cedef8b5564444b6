//! Where log lines go: standard error, as text or JSON.

use std::io::{self, IsTerminal};

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
#[expect(
    clippy::print_stderr,
    reason = "a promise to start scripts, not a log line"
)]
pub(crate) fn announce(config: LogConfig, line: &str) {
    match config.format {
        LogFormat::Text => eprintln!("{line}"),
        LogFormat::Json => tracing::info!(target: SERVING_TARGET, "{line}"),
    }
}
