//! Where a word lies in a region.

use std::fmt;
use std::marker::PhantomData;

/// The distance of a word from the start of a region, aligned for that kind of word.
///
/// Offsets may be computed from shared sizes, but never read from shared memory unchecked. The
/// region checks its own length on each use.
pub struct Offset<W> {
    bytes: usize,
    word: PhantomData<fn() -> W>,
}

impl<W: Word> Offset<W> {
    /// An offset of `bytes` from the start of a region.
    ///
    /// # Panics
    /// If `bytes` is not a multiple of the word's size: a fault of the layout, not of a peer.
    #[must_use]
    #[inline]
    pub const fn new(bytes: usize) -> Self {
        assert!(
            bytes.is_multiple_of(size_of::<W>()),
            "a word must be aligned to its size"
        );
        Offset {
            bytes,
            word: PhantomData,
        }
    }

    /// Bytes from the start of the region.
    #[must_use]
    #[inline]
    pub const fn bytes(self) -> usize {
        self.bytes
    }
}

impl<W> Clone for Offset<W> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<W> Copy for Offset<W> {}

impl<W> fmt::Debug for Offset<W> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Offset({:#x})", self.bytes)
    }
}

/// The kinds of atomic words a region holds: `u32` and `u64`.
pub trait Word: private::Sealed {}

impl Word for u32 {}
impl Word for u64 {}

mod private {
    pub trait Sealed {}
    impl Sealed for u32 {}
    impl Sealed for u64 {}
}
