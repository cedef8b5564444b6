//! Lines on their way from the I/O thread to the thread that writes them.

use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

use crate::limits::{ACCESS_LOG_BYTES_MAX, ACCESS_LOG_INTERVAL, ACCESS_LOG_PIECE_BYTES};

/// Whole lines, bounded. Whoever adds one never waits for the disk: what finds no room is counted
/// and gone.
#[derive(Debug, Default)]
pub(super) struct Queue {
    state: Mutex<State>,
    news: Condvar,
    ended: Condvar,
}

/// What the writer has to do next.
#[derive(Debug, Default)]
pub(super) struct Batch {
    /// Whole lines.
    pub(super) lines: Vec<u8>,
    pub(super) count: u64,
    /// Lines that found no room since the last batch.
    pub(super) lost: u64,
    /// The file is to be opened anew, after these lines.
    pub(super) reopen: bool,
    /// Nothing comes after this.
    pub(super) is_last: bool,
}

#[derive(Debug, Default)]
struct State {
    batch: Batch,
    writer: Writer,
    is_over: bool,
}

/// What the writer does. Only who changes it wakes the writer: most lines cost no system call.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum Writer {
    /// It writes, or is about to look.
    #[default]
    Awake,
    /// It sleeps until there is a line.
    Idle,
    /// It lets lines gather.
    Gathering,
}

impl Queue {
    /// Adds one line, written by `write`.
    pub(super) fn push(&self, write: impl FnOnce(&mut Vec<u8>)) {
        let mut state = self.lock();
        let batch = &mut state.batch;
        if batch.lines.len() >= ACCESS_LOG_BYTES_MAX {
            batch.lost += 1;
            return;
        }
        write(&mut batch.lines);
        batch.count += 1;
        let is_wanted = match state.writer {
            Writer::Awake => false,
            Writer::Idle => true,
            Writer::Gathering => state.batch.lines.len() >= ACCESS_LOG_PIECE_BYTES,
        };
        self.wake_if(state, is_wanted);
    }

    /// The file is to be opened anew.
    pub(super) fn reopen(&self) {
        let mut state = self.lock();
        state.batch.reopen = true;
        self.wake_if(state, true);
    }

    /// No line comes any more. Waits until all are written, for so long at most; whether they are.
    pub(super) fn finish(&self, patience: Duration) -> bool {
        let mut state = self.lock();
        state.batch.is_last = true;
        self.wake_if(state, true);
        let waited = self
            .ended
            .wait_timeout_while(self.lock(), patience, |state| !state.is_over);
        waited.is_ok_and(|(state, _)| state.is_over)
    }

    /// For the writer: waits for the first line and for those that come soon after it, and takes
    /// them. What it is given is kept for lines to come.
    pub(super) fn take(&self, mut room: Vec<u8>) -> Batch {
        room.clear();
        let mut state = self.lock();
        while state.batch.is_nothing() {
            state.writer = Writer::Idle;
            state = self.news.wait(state).expect(NO_PANIC);
        }
        if !state.batch.is_urgent() {
            state.writer = Writer::Gathering;
            let gathering = |state: &mut State| !state.batch.is_urgent();
            let waited = self
                .news
                .wait_timeout_while(state, ACCESS_LOG_INTERVAL, gathering);
            state = waited.expect(NO_PANIC).0;
        }
        state.writer = Writer::Awake;
        let next = Batch {
            lines: room,
            ..Batch::default()
        };
        std::mem::replace(&mut state.batch, next)
    }

    /// For the writer: it has written the last batch.
    pub(super) fn end(&self) {
        self.lock().is_over = true;
        self.ended.notify_all();
    }

    fn wake_if(&self, mut state: MutexGuard<'_, State>, is_wanted: bool) {
        let sleeps = state.writer != Writer::Awake;
        if is_wanted && sleeps {
            state.writer = Writer::Awake;
            drop(state);
            self.news.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect(NO_PANIC)
    }
}

impl Batch {
    fn is_nothing(&self) -> bool {
        self.lines.is_empty() && self.lost == 0 && !self.reopen && !self.is_last
    }

    /// Not worth waiting for more.
    fn is_urgent(&self) -> bool {
        self.lines.len() >= ACCESS_LOG_PIECE_BYTES || self.reopen || self.is_last
    }
}

const NO_PANIC: &str = "no holder of the queue panics";

#[cfg(test)]
mod tests;
