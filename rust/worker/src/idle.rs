//! An engine's surroundings where there are no requests.

use askr_php::{Host, Incoming, Priority};

/// Serves nobody: what a template and a command line have around their engine.
pub(crate) struct Idle;

impl Host for Idle {
    fn take(&mut self, _incoming: &mut Incoming) -> bool {
        false
    }

    fn write(&mut self, bytes: &[u8]) -> bool {
        tracing::info!(target: "php", "{}", String::from_utf8_lossy(bytes).trim_end());
        true
    }

    fn log(&mut self, _priority: Priority, message: &str) {
        tracing::warn!(target: "php", "{message}");
    }
}
