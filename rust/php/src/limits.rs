//! Upper bounds.

/// The longest text of PHP's last error that is passed on, in bytes.
pub(crate) const ERROR_BYTES_MAX: usize = 16 * 1024;

/// Calls on a stack that are looked at, those of no function included.
pub(crate) const FRAMES_READ_MAX: usize = 256;

/// Calls on a stack that are named.
pub(crate) const FRAMES_MAX: usize = 64;

/// All names of a stack together, in bytes.
pub(crate) const STACK_BYTES_MAX: usize = 32 * 1024;

/// The longest name of a function, a class or a file on a stack, in bytes.
pub(crate) const NAME_BYTES_MAX: usize = 1024;

/// The longest string of PHP's that is believed to be a name, in bytes.
pub(crate) const TEXT_BYTES_MAX: usize = 1024 * 1024;

/// The longest path of a folder that PHP is asked for, its NUL included: `PATH_MAX` of Linux.
pub(crate) const PATH_BYTES_MAX: usize = 4096;

/// How often a store that was busy is asked again; it waits for a bounded time each time.
pub(crate) const BUSY_ATTEMPTS_MORE: usize = 4;
