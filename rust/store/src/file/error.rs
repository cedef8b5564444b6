//! What can go wrong with the file of a store.

use std::io;

use crate::error::StoreError;

/// Why a store was not written to its file. An earlier file is still there.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The file cannot be written.
    #[error("{step}")]
    System {
        /// What was being done.
        step: &'static str,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The store cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a file was not read into the store.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// There is none.
    #[error("there is no such file")]
    Missing,
    /// The file cannot be read.
    #[error("the file cannot be read")]
    System(#[from] io::Error),
    /// It is something else than the file of a store.
    #[error("the file does not begin as that of a store does")]
    Foreign,
    /// Another version of askr wrote it.
    #[error("the file has format {found}, this version of askr reads {known}")]
    Version {
        /// The format it has.
        found: u32,
        /// The one that is read.
        known: u32,
    },
    /// It is not as it was written.
    #[error("the file is damaged: {0}")]
    Damaged(&'static str),
    /// The store cannot be written.
    #[error(transparent)]
    Store(#[from] StoreError),
}
