//! How long an entry stays.

use std::time::Duration;

/// How long an entry stays, in whole milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ttl {
    /// Until it is deleted or evicted.
    Forever,
    /// For this long from now on; nothing is left of it at once when it is zero.
    For(Duration),
    /// As long as the entry that is there now; for ever when there is none.
    Kept,
}
