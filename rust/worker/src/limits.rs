//! Upper bounds and deadlines.

use std::time::Duration;

/// How long a worker sleeps for a request before it looks around again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);

/// The longest error text that is sent to main, in bytes.
pub(crate) const MESSAGE_BYTES_MAX: usize = 8 * 1024;

/// How long main may leave a message unread before it is dropped.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(5);

/// How many ended processes that it did not fork a template remembers.
pub(crate) const STRANGERS_MAX: usize = 1024;

/// How long a template leaves processes unreaped that it did not fork: what PHP code had started
/// whose worker is dead.
pub(crate) const STRANGERS_PATIENCE: Duration = Duration::from_secs(10);

/// Longer than any client may take nothing of its reply (`write_timeout`).
pub(crate) const CLIENT_PATIENCE: Duration = Duration::from_secs(3600);

/// How often a worker is looked at whose stack changes at every look.
pub(crate) const LOOKS_MAX: usize = 8;
