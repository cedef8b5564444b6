//! What a fuzzer, or a test with the same seeds, calls: every parser of this crate.

use crate::file::fuzzing as file;

/// A name, what takes any bytes and panics when something does not hold, and bytes to begin with.
pub type Target = (&'static str, fn(&[u8]), &'static [&'static [u8]]);

/// Every parser of this crate.
pub const TARGETS: &[Target] = file::TARGETS;
