//! A sealed memory file, mapped.

#[cfg(not(loom))]
pub use mapped::Region;

#[cfg(loom)]
pub use crate::words::model::Region;

#[cfg(not(loom))]
mod mapped {
    use std::fmt;
    use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::ptr::{self, NonNull};

    use rustix::fs::{MemfdFlags, SealFlags};
    use rustix::mm::{MapFlags, ProtFlags};

    use crate::error::{CreateError, OpenError};
    use crate::offset::Offset;
    use crate::sync::{AtomicU8, AtomicU32, AtomicU64};
    use crate::words::Words;

    /// Shared memory that this process has mapped; unmapped on drop.
    ///
    /// The descriptor can be handed to another process, which maps the same memory with
    /// [`Region::open`].
    pub struct Region {
        words: Words,
        fd: OwnedFd,
    }

    impl Region {
        /// Makes a region of `bytes` zero bytes, sealed so that it can neither shrink nor grow.
        ///
        /// `name` shows in `/proc/PID/maps`. The descriptor is closed on exec.
        ///
        /// # Errors
        /// If the size is 0 or the system refuses the memory.
        pub fn create(name: &str, bytes: usize) -> Result<Region, CreateError> {
            let length = u64::try_from(bytes).ok().filter(|&length| length > 0);
            let length = length.ok_or(CreateError::Size { bytes })?;
            let system = |step| {
                move |source: rustix::io::Errno| CreateError::System {
                    step,
                    source: source.into(),
                }
            };
            let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
            let fd = rustix::fs::memfd_create(name, flags).map_err(system("memfd_create"))?;
            rustix::fs::ftruncate(&fd, length).map_err(system("ftruncate"))?;
            rustix::fs::fcntl_add_seals(&fd, SIZE_SEALS | SealFlags::SEAL)
                .map_err(system("fcntl(F_ADD_SEALS)"))?;
            let words = map(&fd, bytes).map_err(system("mmap"))?;
            Ok(Region { words, fd })
        }

        /// Maps the region behind a descriptor, which needs at least `bytes_min` bytes.
        ///
        /// # Errors
        /// If it is not a memory file, could still shrink, is too small or cannot be mapped.
        pub fn open(fd: OwnedFd, bytes_min: usize) -> Result<Region, OpenError> {
            let system = |step| {
                move |source: rustix::io::Errno| OpenError::System {
                    step,
                    source: source.into(),
                }
            };
            let seals = rustix::fs::fcntl_get_seals(&fd).map_err(system("fcntl(F_GET_SEALS)"))?;
            if !seals.contains(SIZE_SEALS) {
                return Err(OpenError::NotSealed);
            }
            let status = rustix::fs::fstat(&fd).map_err(system("fstat"))?;
            let found = u64::try_from(status.st_size).unwrap_or(0);
            let bytes = usize::try_from(found).unwrap_or(0);
            if bytes < bytes_min.max(1) {
                return Err(OpenError::TooSmall {
                    found,
                    needed: bytes_min,
                });
            }
            let words = map(&fd, bytes).map_err(system("mmap"))?;
            Ok(Region { words, fd })
        }

        /// Length in bytes.
        #[must_use]
        #[inline]
        pub fn bytes(&self) -> usize {
            self.words.bytes()
        }

        /// The descriptor, to hand to another process.
        #[must_use]
        pub fn fd(&self) -> BorrowedFd<'_> {
            self.fd.as_fd()
        }

        /// The 32-bit word at `at`.
        ///
        /// # Panics
        /// If it lies outside of the region.
        #[must_use]
        #[inline]
        pub fn word32(&self, at: Offset<u32>) -> &AtomicU32 {
            self.words.word32(at)
        }

        /// The 64-bit word at `at`.
        ///
        /// # Panics
        /// If it lies outside of the region.
        #[must_use]
        #[inline]
        pub fn word64(&self, at: Offset<u64>) -> &AtomicU64 {
            self.words.word64(at)
        }

        /// Copies `from` into the region at byte `at`.
        ///
        /// Not atomic as a whole: the caller's protocol says who may write where and when.
        ///
        /// # Panics
        /// If the range lies outside of the region.
        #[inline]
        pub fn copy_in(&self, at: usize, from: &[u8]) {
            self.words.copy_in(at, from);
        }

        /// Copies the region from byte `at` on into `to`.
        ///
        /// # Panics
        /// If the range lies outside of the region.
        #[inline]
        pub fn copy_out(&self, at: usize, to: &mut [u8]) {
            self.words.copy_out(at, to);
        }

        /// The byte at `at`, for what is only a hint: a byte is in nobody's way.
        ///
        /// # Panics
        /// If it lies outside of the region.
        #[must_use]
        #[inline]
        pub fn byte(&self, at: usize) -> &AtomicU8 {
            self.words.byte(at)
        }

        /// Copies `from` into whole words from `at` on, the last one filled up with zeros.
        ///
        /// Unlike [`Region::copy_in`] it may meet readers: each word is atomic, and the caller's
        /// protocol tells them that what they read has changed.
        ///
        /// # Panics
        /// If the words lie outside of the region.
        #[inline]
        pub fn store_words(&self, at: Offset<u64>, from: &[u8]) {
            self.words.store_words(at, from);
        }

        /// Copies whole words from `at` on into `to`, the last one as far as it is wanted.
        ///
        /// # Panics
        /// If the words lie outside of the region.
        #[inline]
        pub fn load_words(&self, at: Offset<u64>, to: &mut [u8]) {
            self.words.load_words(at, to);
        }

        /// Whether the words from `at` on hold `other` and zeros behind, as
        /// [`Region::store_words`] leaves them.
        ///
        /// # Panics
        /// If the words lie outside of the region.
        #[must_use]
        #[inline]
        pub fn equal_words(&self, at: Offset<u64>, other: &[u8]) -> bool {
            self.words.equal_words(at, other)
        }
    }

    impl fmt::Debug for Region {
        fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(out, "Region({} bytes)", self.bytes())
        }
    }

    impl Drop for Region {
        fn drop(&mut self) {
            let base = self.words.base().as_ptr().cast();
            // SAFETY: `base` and the length are those of one mapping made by `map`, which
            // nothing else unmaps; every reference handed out borrows `self`, so none is left.
            let unmapped = unsafe { rustix::mm::munmap(base, self.words.bytes()) };
            debug_assert!(unmapped.is_ok(), "munmap of our own mapping: {unmapped:?}");
        }
    }

    fn map(fd: &OwnedFd, bytes: usize) -> rustix::io::Result<Words> {
        let access = ProtFlags::READ | ProtFlags::WRITE;
        // SAFETY: a null hint without MAP_FIXED lets the kernel choose free addresses, so no
        // existing mapping is replaced. The caller has checked that the file holds `bytes`.
        let base =
            unsafe { rustix::mm::mmap(ptr::null_mut(), bytes, access, MapFlags::SHARED, fd, 0)? };
        let base = NonNull::new(base.cast::<u8>()).expect("mmap does not place at address 0");
        // SAFETY: the mapping just made is `bytes` long, readable, writable and page-aligned; the
        // file is sealed against shrinking (`create` sealed it, `open` checked); `Region` keeps
        // it mapped for as long as the `Words` exist and unmaps it in drop only.
        Ok(unsafe { Words::new(base, bytes) })
    }

    const SIZE_SEALS: SealFlags = SealFlags::SHRINK.union(SealFlags::GROW);
}

#[cfg(all(test, not(loom)))]
mod tests;
