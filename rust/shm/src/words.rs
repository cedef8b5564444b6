//! The only code that touches mapped memory: single atomic words, and copies made of them.

#[cfg(not(loom))]
pub(crate) use mapped::Words;

#[cfg(not(loom))]
mod mapped {
    use std::ptr::NonNull;

    use crate::offset::Offset;
    use crate::sync::{AtomicU8, AtomicU32, AtomicU64, Ordering};

    /// A range of mapped memory that other processes change at any time.
    pub(crate) struct Words {
        base: NonNull<u8>,
        bytes: usize,
    }

    // SAFETY: the memory behind `base` is touched through atomics only, which every thread may
    // use; the mapping belongs to the process, not to a thread.
    unsafe impl Send for Words {}

    // SAFETY: as for `Send`: all access through `&Words` is atomic.
    unsafe impl Sync for Words {}

    impl Words {
        /// # Safety
        /// - `base` is aligned to at least 8 bytes.
        /// - `bytes` from `base` on are mapped readable and writable for as long as the value
        ///   exists, and the file behind them cannot shrink.
        /// - No reference to non-atomic data in that range exists in this process.
        pub(crate) unsafe fn new(base: NonNull<u8>, bytes: usize) -> Words {
            Words { base, bytes }
        }

        pub(crate) fn base(&self) -> NonNull<u8> {
            self.base
        }

        #[inline]
        pub(crate) fn bytes(&self) -> usize {
            self.bytes
        }

        #[inline]
        pub(crate) fn word32(&self, at: Offset<u32>) -> &AtomicU32 {
            let word = self
                .pointer(at.bytes(), size_of::<AtomicU32>())
                .cast::<AtomicU32>();
            // SAFETY: `pointer` checked that the word lies within the mapping, which outlives
            // `self` (`Words::new`); `Offset<u32>` is a multiple of 4 and the base is aligned to
            // 8, so the word is aligned. Other processes may write: the type is atomic.
            unsafe { word.as_ref() }
        }

        #[inline]
        pub(crate) fn word64(&self, at: Offset<u64>) -> &AtomicU64 {
            let word = self
                .pointer(at.bytes(), size_of::<AtomicU64>())
                .cast::<AtomicU64>();
            // SAFETY: as in `word32`; `Offset<u64>` is a multiple of 8 as is the base.
            unsafe { word.as_ref() }
        }

        #[inline]
        pub(crate) fn copy_in(&self, at: usize, from: &[u8]) {
            let (head, body, tail) = self.split(at, from.len());
            let (from_head, rest) = from.split_at(head.len());
            let (from_body, from_tail) = rest.split_at(body.len() * WORD_BYTES);
            store_bytes(head, from_head);
            for (word, bytes) in body.iter().zip(from_body.as_chunks().0) {
                word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
            }
            store_bytes(tail, from_tail);
        }

        #[inline]
        pub(crate) fn copy_out(&self, at: usize, to: &mut [u8]) {
            let (head, body, tail) = self.split(at, to.len());
            let (to_head, rest) = to.split_at_mut(head.len());
            let (to_body, to_tail) = rest.split_at_mut(body.len() * WORD_BYTES);
            load_bytes(head, to_head);
            for (word, bytes) in body.iter().zip(to_body.as_chunks_mut().0) {
                *bytes = word.load(Ordering::Relaxed).to_ne_bytes();
            }
            load_bytes(tail, to_tail);
        }

        #[inline]
        pub(crate) fn byte(&self, at: usize) -> &AtomicU8 {
            let byte = self.pointer(at, 1).cast::<AtomicU8>();
            // SAFETY: `pointer` checked that the byte lies within the mapping, which outlives
            // `self`; a byte has no alignment, and the type is atomic.
            unsafe { byte.as_ref() }
        }

        #[inline]
        pub(crate) fn store_words(&self, at: Offset<u64>, from: &[u8]) {
            let (from_body, from_tail) = from.as_chunks();
            let (body, tail) = self.whole_words(at, from.len()).split_at(from_body.len());
            for (word, bytes) in body.iter().zip(from_body) {
                word.store(u64::from_ne_bytes(*bytes), Ordering::Relaxed);
            }
            if let Some(word) = tail.first() {
                word.store(padded(from_tail), Ordering::Relaxed);
            }
        }

        #[inline]
        pub(crate) fn load_words(&self, at: Offset<u64>, to: &mut [u8]) {
            let words = self.whole_words(at, to.len());
            let (to_body, to_tail) = to.as_chunks_mut();
            let (body, tail) = words.split_at(to_body.len());
            for (word, bytes) in body.iter().zip(to_body) {
                *bytes = word.load(Ordering::Relaxed).to_ne_bytes();
            }
            if let Some(word) = tail.first() {
                let bytes = word.load(Ordering::Relaxed).to_ne_bytes();
                to_tail.copy_from_slice(&bytes[..to_tail.len()]);
            }
        }

        #[inline]
        pub(crate) fn equal_words(&self, at: Offset<u64>, other: &[u8]) -> bool {
            let (other_body, other_tail) = other.as_chunks();
            let (body, tail) = self.whole_words(at, other.len()).split_at(other_body.len());
            let mut pairs = body.iter().zip(other_body);
            pairs.all(|(word, bytes)| word.load(Ordering::Relaxed) == u64::from_ne_bytes(*bytes))
                && tail
                    .first()
                    .is_none_or(|word| word.load(Ordering::Relaxed) == padded(other_tail))
        }

        /// The words that hold `bytes` bytes, the last one whole.
        #[inline]
        fn whole_words(&self, at: Offset<u64>, bytes: usize) -> &[AtomicU64] {
            let count = bytes.div_ceil(WORD_BYTES);
            let start = self.pointer(at.bytes(), count.saturating_mul(WORD_BYTES));
            let start = start.cast::<AtomicU64>().as_ptr();
            // SAFETY: `pointer` checked that all words lie within the mapping, which outlives
            // `self`; `Offset<u64>` is a multiple of 8 as is the base; the type is atomic.
            unsafe { std::slice::from_raw_parts(start, count) }
        }

        /// The range as single bytes up to the first whole word, whole words, single bytes.
        #[inline]
        fn split(&self, at: usize, bytes: usize) -> (&[AtomicU8], &[AtomicU64], &[AtomicU8]) {
            let start = self.pointer(at, bytes).cast::<AtomicU8>();
            // SAFETY: `pointer` checked that the range lies within the mapping, which outlives
            // `self`; an `AtomicU8` has no alignment and every bit pattern is one.
            let range = unsafe { std::slice::from_raw_parts(start.as_ptr(), bytes) };
            // SAFETY: `align_to` cuts at multiples of 8, and eight `AtomicU8` have the same size
            // and valid values as one `AtomicU64`. That accesses of both sizes meet in one place
            // is excluded within a protocol by its hand-over, and harmless on the hardware if
            // the peer breaks it: the copy is validated afterwards (docs/SAFETY.md).
            unsafe { range.align_to::<AtomicU64>() }
        }

        /// The place at `at`, of which `bytes` lie within the mapping.
        #[inline]
        fn pointer(&self, at: usize, bytes: usize) -> NonNull<u8> {
            let room = self.bytes.checked_sub(at);
            assert!(
                room.is_some_and(|room| bytes <= room),
                "{bytes} bytes at {at} of a region"
            );
            // SAFETY: `at` is at most the length of the mapping, so the result stays within it
            // or one past its end, and a mapping is never longer than `isize::MAX`.
            unsafe { self.base.add(at) }
        }
    }

    #[inline]
    fn store_bytes(to: &[AtomicU8], from: &[u8]) {
        for (byte, &value) in to.iter().zip(from) {
            byte.store(value, Ordering::Relaxed);
        }
    }

    #[inline]
    fn load_bytes(from: &[AtomicU8], to: &mut [u8]) {
        for (byte, value) in from.iter().zip(to) {
            *value = byte.load(Ordering::Relaxed);
        }
    }

    /// Up to eight bytes as a word, with zeros behind.
    #[inline]
    fn padded(bytes: &[u8]) -> u64 {
        let mut word = [0; WORD_BYTES];
        word[..bytes.len()].copy_from_slice(bytes);
        u64::from_ne_bytes(word)
    }

    const WORD_BYTES: usize = size_of::<u64>();
}

#[cfg(loom)]
pub(crate) mod model {
    //! A region as a table of loom's objects, shared by the threads of one model.

    use std::fmt;
    use std::sync::Arc;

    use loom::cell::UnsafeCell;
    use loom::sync::{Condvar, Mutex};

    use crate::error::CreateError;
    use crate::offset::Offset;
    use crate::sync::{AtomicU32, AtomicU64, Ordering};

    /// The model of a region: clones share the memory.
    #[derive(Clone)]
    pub struct Region {
        cells: Arc<Cells>,
    }

    struct Cells {
        words32: Vec<AtomicU32>,
        words64: Vec<AtomicU64>,
        payload: Vec<UnsafeCell<u8>>,
        futexes: Vec<(Mutex<()>, Condvar)>,
    }

    // SAFETY: loom runs one thread at a time; its `UnsafeCell` reports accesses that the
    // protocol under test leaves unordered, which is what the model is for.
    unsafe impl Send for Cells {}

    // SAFETY: as for `Send`.
    unsafe impl Sync for Cells {}

    impl Region {
        /// A region of `bytes` zero bytes.
        ///
        /// # Errors
        /// Never; the signature is that of the real one.
        pub fn create(_: &str, bytes: usize) -> Result<Region, CreateError> {
            let words = bytes.div_ceil(4);
            let cells = Cells {
                words32: (0..words).map(|_| AtomicU32::new(0)).collect(),
                words64: (0..words.div_ceil(2)).map(|_| AtomicU64::new(0)).collect(),
                payload: (0..bytes).map(|_| UnsafeCell::new(0)).collect(),
                futexes: (0..words)
                    .map(|_| (Mutex::new(()), Condvar::new()))
                    .collect(),
            };
            Ok(Region {
                cells: Arc::new(cells),
            })
        }

        /// Length in bytes.
        #[must_use]
        pub fn bytes(&self) -> usize {
            self.cells.payload.len()
        }

        /// The 32-bit word at `at`.
        #[must_use]
        pub fn word32(&self, at: Offset<u32>) -> &AtomicU32 {
            &self.cells.words32[at.bytes() / 4]
        }

        /// The 64-bit word at `at`.
        #[must_use]
        pub fn word64(&self, at: Offset<u64>) -> &AtomicU64 {
            &self.cells.words64[at.bytes() / 8]
        }

        /// Copies `from` into the region at byte `at`.
        pub fn copy_in(&self, at: usize, from: &[u8]) {
            for (cell, &byte) in self.cells.payload[at..].iter().zip(from) {
                // SAFETY: loom has checked that no other thread accesses the cell meanwhile.
                cell.with_mut(|place| unsafe { *place = byte });
            }
        }

        /// Copies the region from byte `at` on into `to`.
        pub fn copy_out(&self, at: usize, to: &mut [u8]) {
            for (cell, byte) in self.cells.payload[at..].iter().zip(to) {
                // SAFETY: loom has checked that no other thread writes the cell meanwhile.
                *byte = cell.with(|place| unsafe { *place });
            }
        }

        /// Copies `from` into whole words from `at` on.
        pub fn store_words(&self, at: Offset<u64>, from: &[u8]) {
            for (chunk, word) in from.chunks(8).zip(&self.cells.words64[at.bytes() / 8..]) {
                let mut bytes = [0; 8];
                bytes[..chunk.len()].copy_from_slice(chunk);
                word.store(u64::from_ne_bytes(bytes), Ordering::Relaxed);
            }
        }

        /// Copies whole words from `at` on into `to`.
        pub fn load_words(&self, at: Offset<u64>, to: &mut [u8]) {
            for (chunk, word) in to.chunks_mut(8).zip(&self.cells.words64[at.bytes() / 8..]) {
                let bytes = word.load(Ordering::Relaxed).to_ne_bytes();
                chunk.copy_from_slice(&bytes[..chunk.len()]);
            }
        }

        /// Whether the words from `at` on hold `other`.
        #[must_use]
        pub fn equal_words(&self, at: Offset<u64>, other: &[u8]) -> bool {
            let mut found = vec![0; other.len()];
            self.load_words(at, &mut found);
            found == other
        }

        pub(crate) fn model_wait(&self, at: Offset<u32>, expected: u32) {
            let (mutex, condvar) = &self.cells.futexes[at.bytes() / 4];
            let guard = mutex
                .lock()
                .expect("no thread of a model panics and goes on");
            if self.word32(at).load(Ordering::SeqCst) == expected {
                drop(condvar.wait(guard));
            }
        }

        pub(crate) fn model_wake(&self, at: Offset<u32>) {
            let (mutex, condvar) = &self.cells.futexes[at.bytes() / 4];
            drop(mutex.lock());
            condvar.notify_one();
        }

        pub(crate) fn model_wake_all(&self, at: Offset<u32>) {
            let (mutex, condvar) = &self.cells.futexes[at.bytes() / 4];
            drop(mutex.lock());
            condvar.notify_all();
        }
    }

    impl fmt::Debug for Region {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "Region({} bytes, model)", self.bytes())
        }
    }
}
