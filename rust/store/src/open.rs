//! Makes a store, or maps one that another process made.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};

use askr_shm::Region;
use askr_shm::sync::Ordering;

use crate::clock::Clock;
use crate::error::CreateError;
use crate::hash::Seed;
use crate::layout::{LAYOUT_VERSION, MAGIC, Plan, superblock};
#[cfg(not(loom))]
use crate::namespace::Namespace;
use crate::namespace::Sizes;
use crate::place::{Position, RingName};
use crate::store::Store;

impl Store {
    /// Makes an empty store.
    ///
    /// # Errors
    /// If a size is out of bounds or the system refuses the memory.
    pub fn create(sizes: &Sizes) -> Result<Self, CreateError> {
        let plan =
            Plan::new(sizes).map_err(|(bytes, reason)| CreateError::Size { bytes, reason })?;
        let region = Region::create("askr-store", plan.bytes())?;
        let store = Store {
            region,
            plan,
            seed: Seed([random(), random()]),
            clock: Clock::default(),
        };
        store.write_superblock();
        Ok(store)
    }

    /// Maps the store behind a descriptor.
    ///
    /// # Errors
    /// If it is not a whole store of this layout version.
    #[cfg(not(loom))]
    pub fn open(fd: std::os::fd::OwnedFd) -> Result<Self, crate::error::OpenError> {
        use crate::error::OpenError;

        let region = Region::open(fd, crate::layout::SUPERBLOCK_BYTES)?;
        let word = |at| region.word64(at).load(Ordering::Relaxed);
        let identity = [superblock::MAGIC, superblock::VERSION].map(word);
        if identity != [MAGIC, LAYOUT_VERSION] {
            return Err(OpenError::Layout);
        }
        let size = |at| usize::try_from(word(at)).unwrap_or(usize::MAX);
        let sizes = Sizes {
            namespaces: Namespace::ALL.map(|space| size(superblock::size(space as usize))),
            value_max: size(superblock::VALUE_MAX),
        };
        let seed = Seed([word(superblock::seed(0)), word(superblock::seed(1))]);
        let plan = Plan::new(&sizes).map_err(|_| OpenError::Layout)?;
        if region.bytes() < plan.bytes() {
            return Err(OpenError::Layout);
        }
        Ok(Store {
            region,
            plan,
            seed,
            clock: Clock::default(),
        })
    }

    /// Another mapping of the same store, for another thread of a model.
    #[cfg(loom)]
    #[must_use]
    pub fn share(&self) -> Self {
        Store {
            region: self.region.clone(),
            plan: self.plan,
            seed: self.seed,
            clock: self.clock.clone(),
        }
    }

    /// The same store with another clock; all who have it mapped need one that agrees with it.
    #[must_use]
    pub fn with_clock(self, clock: Clock) -> Self {
        Store { clock, ..self }
    }

    fn write_superblock(&self) {
        let store = |at, word| self.region.word64(at).store(word, Ordering::Relaxed);
        let number = |size: usize| u64::try_from(size).expect("this program has 64-bit addresses");
        store(superblock::VERSION, LAYOUT_VERSION);
        store(superblock::VALUE_MAX, number(self.plan.sizes.value_max));
        for (index, word) in self.seed.0.into_iter().enumerate() {
            store(superblock::seed(index), word);
        }
        for (index, &size) in self.plan.sizes.namespaces.iter().enumerate() {
            store(superblock::size(index), number(size));
        }
        for plan in &self.plan.spaces {
            for ring in [RingName::Main, RingName::Small] {
                store(plan.tail(ring), Position::START.word());
                store(plan.head(ring), Position::START.word());
            }
        }
        let magic = self.region.word64(superblock::MAGIC);
        magic.store(MAGIC, Ordering::Release);
    }
}

/// A number that nobody can guess.
fn random() -> u64 {
    if cfg!(loom) {
        return 0;
    }
    RandomState::new().build_hasher().finish()
}
