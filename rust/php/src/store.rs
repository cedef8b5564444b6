//! The store that PHP code of this process reads and writes.

use std::sync::OnceLock;

use askr_store::Store;

static STORE: OnceLock<Store> = OnceLock::new();

/// Puts the store in place, once.
pub(crate) fn install(store: Store) {
    let placed = STORE.set(store);
    assert!(placed.is_ok(), "a process has one store for its whole life");
}
