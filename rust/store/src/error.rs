//! What can go wrong with the store.

use crate::namespace::Namespace;

/// Why an operation was not carried out.
#[derive(Debug, thiserror::Error, PartialEq, Eq, Clone, Copy)]
pub enum StoreError {
    /// The key is empty or longer than the store takes.
    #[error("a key has 1 to {max} bytes, this one has {length}")]
    Key {
        /// Bytes of the key.
        length: usize,
        /// Most bytes of a key.
        max: usize,
    },
    /// The value is larger than the store takes.
    #[error("the value has {length} bytes, more than the store takes ({max})")]
    ValueTooLarge {
        /// Bytes of the value, with its tags.
        length: usize,
        /// Most bytes of a value.
        max: usize,
    },
    /// A namespace that evicts nothing has no room left.
    #[error("the store has no room left for {0}; give it a larger store_size")]
    Full(Namespace),
    /// Somebody else held the namespace's lock for too long, alive.
    #[error("the store was busy for too long; nothing was changed")]
    Busy,
    /// There is something else than a number to increment.
    #[error("the value is not a number")]
    NotANumber,
    /// The number would leave its range.
    #[error("the number would be out of range")]
    Overflow,
    /// The memory holds what no process of ours wrote.
    #[error("the store's memory is damaged")]
    Corrupt,
}

impl StoreError {
    /// Whether the store had no room or no time for a write that was in order.
    pub(crate) fn is_refusal(self) -> bool {
        matches!(
            self,
            Self::ValueTooLarge { .. } | Self::Full(_) | Self::Busy | Self::Corrupt
        )
    }
}

/// Why a store could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateError {
    /// A size is too small or too large.
    #[error("a store of {bytes} bytes cannot be made: {reason}")]
    Size {
        /// Bytes asked for.
        bytes: usize,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The system refused the memory.
    #[error(transparent)]
    Memory(#[from] askr_shm::CreateError),
}

/// Why a descriptor is not a store.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The memory cannot be mapped.
    #[error(transparent)]
    Memory(#[from] askr_shm::OpenError),
    /// It was laid out by another version, or holds something else.
    #[error("the memory is not a store of this version of askr")]
    Layout,
}
