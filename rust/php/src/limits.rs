//! Upper bounds.

/// The longest text of PHP's last error that is passed on, in bytes.
pub(crate) const ERROR_BYTES_MAX: usize = 16 * 1024;

/// The longest path of a folder that PHP is asked for, its NUL included: `PATH_MAX` of Linux.
pub(crate) const PATH_BYTES_MAX: usize = 4096;
