//! Upper bounds and deadlines.

use std::time::Duration;

/// How long a worker sleeps for a request before it looks around again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The longest error text that is sent to main, in bytes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 8 * 1024;

/// How long main may leave a message unread before it is dropped.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(5);
