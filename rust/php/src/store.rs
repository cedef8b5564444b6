//! The store that PHP code of this process reads and writes.

use std::cell::{Cell, RefCell};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;

use askr_php_sys::askr_php_store_answer as Answer;
use askr_store::{Entry, Kind, OwnedValue, Store, StoreError};

use crate::limits::BUSY_ATTEMPTS_MORE;

static STORE: OnceLock<Store> = OnceLock::new();

thread_local! {
    /// What was found last, to be read.
    static FOUND: Cell<Option<Entry>> = const { Cell::new(None) };
    /// The bytes that were kept last, to be collected.
    static KEPT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    /// Why the last call was refused.
    static FAULT: Cell<Option<StoreError>> = const { Cell::new(None) };
}

/// Puts the store in place, once.
pub(crate) fn install(store: Store) {
    let placed = STORE.set(store);
    assert!(placed.is_ok(), "a process has one store for its whole life");
}

/// Asks the store for what `body` wants. When that panics, the panic hook has reported it.
#[inline]
pub(crate) fn ask(mut body: impl FnMut(&Store) -> Result<bool, StoreError>) -> Answer {
    let Some(store) = STORE.get() else {
        return Answer::ASKR_PHP_STORE_NONE;
    };
    let answer = catch_unwind(AssertUnwindSafe(|| match body(store) {
        Err(StoreError::Busy) => insist(store, body),
        answer => answer,
    }));
    match answer {
        Ok(Ok(true)) => Answer::ASKR_PHP_STORE_YES,
        Ok(Ok(false)) => Answer::ASKR_PHP_STORE_NO,
        Ok(Err(error)) => refuse(Some(error)),
        Err(_) => refuse(None),
    }
}

/// Asks again where the store was busy: on a machine with more to do than it has cores a writer can
/// lose its turn while it holds what others wait for.
#[cold]
#[inline(never)]
fn insist(
    store: &Store,
    mut body: impl FnMut(&Store) -> Result<bool, StoreError>,
) -> Result<bool, StoreError> {
    let mut answer = Err(StoreError::Busy);
    for _ in 0..BUSY_ATTEMPTS_MORE {
        answer = body(store);
        if answer != Err(StoreError::Busy) {
            break;
        }
    }
    answer
}

#[cold]
fn refuse(error: Option<StoreError>) -> Answer {
    FAULT.set(error);
    Answer::ASKR_PHP_STORE_REFUSED
}

/// Looks an entry up for [`read_found`], and says what it holds.
#[inline]
pub(crate) fn remember(found: Entry) -> Kind {
    FOUND.set(Some(found));
    found.kind
}

/// Reads what was found last; false when it has changed.
#[inline]
pub(crate) fn read_found(out: &mut [u8]) -> bool {
    let (Some(store), Some(found)) = (STORE.get(), FOUND.get()) else {
        return false;
    };
    catch_unwind(AssertUnwindSafe(|| store.read(&found, out))).unwrap_or(false)
}

/// Keeps a value's bytes to be collected, and says what it holds.
pub(crate) fn keep(value: OwnedValue) -> Kind {
    match value {
        OwnedValue::Bytes(bytes) => {
            let length = bytes.len();
            KEPT.set(bytes);
            Kind::Bytes(length)
        }
        OwnedValue::Number(number) => Kind::Number(number),
    }
}

/// Copies what was kept last, as far as there is room for it, and forgets it.
pub(crate) fn collect(out: &mut [u8]) {
    let kept = KEPT.take();
    let length = kept.len().min(out.len());
    out[..length].copy_from_slice(&kept[..length]);
}

/// Why the last call was refused and, where something can be done, what; and the number of the
/// reason.
pub(crate) fn fault() -> (String, i32) {
    let Some(error) = FAULT.get() else {
        return ("the store has failed; the log says why".to_owned(), 0);
    };
    let (number, remedy) = describe(&error);
    let text = match remedy {
        "" => error.to_string(),
        remedy => format!("{error}; {remedy}"),
    };
    (text, number)
}

/// Numbers are those of the constants of `Askr\StoreException`.
fn describe(error: &StoreError) -> (i32, &'static str) {
    match error {
        StoreError::Key { .. } => (1, "use a hash of what is too long"),
        StoreError::ValueTooLarge { .. } => (2, "keep less in one entry, or raise store_value_max"),
        StoreError::Full(_) => (3, ""),
        StoreError::Busy => (4, "try again"),
        StoreError::NotANumber => (5, "delete the entry first, or count under another key"),
        StoreError::Overflow => (6, ""),
        StoreError::Corrupt => (7, "restart the server"),
    }
}
