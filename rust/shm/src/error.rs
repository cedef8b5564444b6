//! What can go wrong with a region.

use std::io;

/// Why [`Region::create`](crate::Region::create) made no region.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// Zero bytes, or more than an address space holds.
    #[error("a region of {bytes} bytes")]
    Size {
        /// Bytes asked for.
        bytes: usize,
    },
    /// The memory file could not be made, sized, sealed or mapped.
    #[error("{step}")]
    System {
        /// The system call.
        step: &'static str,
        /// What it said.
        #[source]
        source: io::Error,
    },
}

/// Why [`Region::open`](crate::Region::open) refused the descriptor.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file could still shrink, so using it could end this process (SIGBUS).
    #[error("the memory file is not sealed against shrinking")]
    NotSealed,
    /// The file is smaller than the caller needs.
    #[error("the memory file has {found} bytes, at least {needed} are needed")]
    TooSmall {
        /// Its size.
        found: u64,
        /// What the caller needs.
        needed: usize,
    },
    /// The descriptor is not a memory file, or could not be mapped.
    #[error("{step}")]
    System {
        /// The system call.
        step: &'static str,
        /// What it said.
        #[source]
        source: io::Error,
    },
}
