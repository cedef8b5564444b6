//! The one way from C into Rust.

use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use askr_php_sys::askr_php_request;

use crate::{Host, Incoming};

/// What the callbacks work on; one per process, on the engine's thread.
pub(crate) struct Embedding {
    pub(crate) host: Box<dyn Host>,
    /// Lent to the engine while a request is active; boxed, so that it does not move.
    pub(crate) incoming: Box<Incoming>,
}

impl Embedding {
    /// Asks the host for a request; null when there is none.
    pub(crate) fn take(&mut self) -> *const askr_php_request {
        self.incoming.clear();
        if self.host.take(&mut self.incoming) {
            self.incoming.lend()
        } else {
            ptr::null()
        }
    }

    /// Has the host fork copies. True in a copy, which has another host then.
    pub(crate) fn fork_copies(&mut self) -> bool {
        let Some(host) = self.host.fork_copies() else {
            return false;
        };
        self.host = host;
        true
    }
}

thread_local! {
    static EMBEDDING: RefCell<Option<Embedding>> = const { RefCell::new(None) };
}

/// Puts the host in place, or takes it away.
pub(crate) fn install(embedding: Option<Embedding>) {
    EMBEDDING.with_borrow_mut(|slot| *slot = embedding);
}

/// Runs `body` for a callback. Without a host, or when `body` panics, the engine gets `fallback`;
/// the panic hook has reported it by then.
pub(crate) fn guard<T>(fallback: T, body: impl FnOnce(&mut Embedding) -> T) -> T {
    let run = || EMBEDDING.with_borrow_mut(|slot| slot.as_mut().map(body));
    catch_unwind(AssertUnwindSafe(run))
        .ok()
        .flatten()
        .unwrap_or(fallback)
}
