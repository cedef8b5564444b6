//! Upper bounds.

/// The longest text of PHP's last error that is passed on, in bytes.
pub(crate) const ERROR_BYTES_MAX: usize = 16 * 1024;
