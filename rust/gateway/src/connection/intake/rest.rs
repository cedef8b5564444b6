//! What an idle connection does without: hyper, which keeps two buffers of 8 KiB.
//!
//! The intake knows when hyper holds nothing of the connection, and asks for rest when that has
//! lasted a moment. Then `http1.rs` takes the intake out of hyper, drops the rest, and begins anew
//! with the next byte. That is read into the intake here, so that nothing is lost in between.

use std::io;
use std::task::{Context, Poll, ready};

use tokio::time::Instant;

use super::{End, Intake};
use crate::limits::REST_PATIENCE;

/// What the intake knows of hyper.
#[derive(Debug, Default)]
pub(super) struct Rest {
    /// Some of what hyper has written may not be with the kernel.
    is_writing: bool,
    /// Since when hyper has been seen to hold nothing of the connection.
    pub(super) idle_since: Option<Instant>,
    /// hyper is gone until there is something for it.
    is_resting: bool,
}

impl Intake {
    /// hyper, which has left `unused` of what it was shown, is gone.
    pub(crate) fn rest(&mut self, unused: &[u8]) {
        self.rest.is_resting = true;
        // In a vector of its own, so that no room is kept for more.
        self.held = [unused, &self.held].concat();
        self.passable += unused.len();
    }

    /// Ready when there is something that hyper must see: bytes, the end of the stream, or that
    /// the client has been silent for too long.
    pub(crate) fn poll_awake(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.end == End::Open && self.held.is_empty() {
            let read = self.poll_held(cx);
            if read.is_pending() {
                ready!(self.poll_patience(cx));
            } else {
                ready!(read)?;
            }
        }
        self.rest.is_resting = false;
        Poll::Ready(Ok(()))
    }

    /// hyper is about to write.
    pub(super) fn begin_write(&mut self) {
        self.rest.is_writing = true;
        self.rest.idle_since = None;
        self.passage.stay_awake();
    }

    /// All that hyper has written is with the kernel.
    pub(super) fn flushed(&mut self, cx: &mut Context<'_>) {
        self.rest.is_writing = false;
        self.consider_rest(cx);
    }

    /// Asks for rest when hyper has had nothing to do for long enough. To be called whenever it
    /// may have come to that.
    pub(super) fn consider_rest(&mut self, cx: &mut Context<'_>) {
        if !self.may_rest() {
            self.rest.idle_since = None;
            return;
        }
        let since = *self.rest.idle_since.get_or_insert_with(Instant::now);
        if self.alarm.poll_until(cx, since + REST_PATIENCE).is_ready() {
            self.passage.ask_for_rest();
        }
    }

    /// Whether hyper holds nothing of the connection.
    fn may_rest(&self) -> bool {
        let is_open = self.end == End::Open && !self.rest.is_resting;
        let reads_nothing = self.held.is_empty() && !self.framing.in_body();
        is_open && reads_nothing && !self.rest.is_writing && self.passage.is_idle()
    }
}
