//! An engine's surroundings where there are no requests.

use askr_php::{Host, Incoming, Priority};

/// Serves nobody: what a template and a command line have around their engine.
pub(crate) struct Idle;

impl Host for Idle {
    fn take(&mut self, _incoming: &mut Incoming) -> bool {
        false
    }

    fn header(&mut self, _line: &[u8]) {}

    fn head(&mut self, _status: u16) {}

    fn write(&mut self, bytes: &[u8]) -> bool {
        tracing::info!(target: "php", "{}", String::from_utf8_lossy(bytes).trim_end());
        true
    }

    fn flush(&mut self) -> bool {
        true
    }

    fn read_body(&mut self, _out: &mut [u8]) -> usize {
        0
    }

    fn reply_fail(&mut self) {}

    fn reply_end(&mut self) {}

    fn log(&mut self, _priority: Priority, message: &str) {
        tracing::warn!(target: "php", "{message}");
    }

    fn worker_id(&self) -> u32 {
        0
    }

    fn cow_ready(&mut self) {}
}
