//! Hears of ended children.
#![forbid(unsafe_code)]

use std::io;

use rustix::process::{Pid, WaitOptions, getpid, wait};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tracing::debug;

/// Waits for children to end; as process 1 it also buries orphans that nobody else will.
#[derive(Debug)]
pub(crate) struct Reaper {
    ended: Signal,
    is_init: bool,
}

impl Reaper {
    /// Starts listening; a child that ends later is not missed.
    pub(crate) fn new() -> io::Result<Self> {
        Ok(Self {
            ended: signal(SignalKind::child())?,
            is_init: getpid().is_init(),
        })
    }

    /// Waits until some child has ended.
    ///
    /// # Cancel safety
    /// Safe: a signal that arrives between two calls is reported by the next.
    pub(crate) async fn child_ended(&mut self) {
        self.ended.recv().await;
    }

    /// Reaps orphans; call it after the template's own end was looked for.
    pub(crate) fn reap_orphans(&self) {
        if !self.is_init {
            return;
        }
        while let Ok(Some((pid, _))) = wait(WaitOptions::NOHANG) {
            debug!(pid = Pid::as_raw(Some(pid)), "orphan reaped");
        }
    }
}
