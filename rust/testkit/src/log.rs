//! What a server writes, kept until somebody asks.

use std::io::Read;
use std::ops::ControlFlow;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// The text of all streams together.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    bytes: Vec<u8>,
    open_streams: usize,
    is_stopped: bool,
}

impl Log {
    pub(crate) fn new() -> Self {
        Self {
            shared: Arc::default(),
        }
    }

    /// Reads a stream to its end, on a thread of its own.
    pub(crate) fn follow(&self, mut stream: impl Read + Send + 'static) {
        let shared = Arc::clone(&self.shared);
        shared.change(|state| state.open_streams += 1);
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = stream.read(&mut bytes) {
                if shared.take(&bytes[..count]).is_break() {
                    break;
                }
            }
            drop(stream);
            shared.change(|state| state.open_streams -= 1);
        });
    }

    /// Takes one more piece of each stream and then closes it.
    pub(crate) fn stop(&self) {
        self.shared.change(|state| state.is_stopped = true);
    }

    pub(crate) fn text(&self) -> String {
        let state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&state.bytes).into_owned()
    }

    /// Waits until `holds` does; false when it does not although all streams ended, or in time.
    pub(crate) fn wait_for(&self, patience: Duration, holds: impl Fn(&str) -> bool) -> bool {
        let state = self
            .shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let is_open = |state: &mut State| {
            state.open_streams > 0 && !holds(&String::from_utf8_lossy(&state.bytes))
        };
        let waited = self
            .shared
            .changed
            .wait_timeout_while(state, patience, is_open);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        holds(&String::from_utf8_lossy(&state.bytes))
    }

    #[expect(clippy::print_stderr, reason = "shown with the failed test")]
    pub(crate) fn print(&self) {
        eprintln!("--- what the server wrote ---\n{}---", self.text());
    }
}

impl Shared {
    fn take(&self, bytes: &[u8]) -> ControlFlow<()> {
        let mut is_stopped = false;
        self.change(|state| {
            state.bytes.extend_from_slice(bytes);
            is_stopped = state.is_stopped;
        });
        if is_stopped {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }
}
