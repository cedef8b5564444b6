//! Which of a namespace's counters a process counts its reads in, so that processes on different
//! cores do not count in the same cache line.

#[cfg(loom)]
pub(crate) use model::own;
#[cfg(not(loom))]
pub(crate) use real::own;

#[cfg(not(loom))]
mod real {
    use std::cell::Cell;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use askr_shm::Identity;

    /// This thread's counter.
    #[inline]
    pub(crate) fn own() -> usize {
        OWN.with(|own| match own.get() {
            Some(stripe) => stripe,
            None => choose(own),
        })
    }

    /// A number that is likely to differ between processes and between threads.
    #[cold]
    fn choose(own: &Cell<Option<usize>>) -> usize {
        let pid = usize::try_from(Identity::own().pid()).unwrap_or(0);
        let stripe = pid.wrapping_add(THREADS.fetch_add(1, Ordering::Relaxed));
        own.set(Some(stripe));
        stripe
    }

    static THREADS: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static OWN: Cell<Option<usize>> = const { Cell::new(None) };
    }
}

/// The model has one.
#[cfg(loom)]
mod model {
    pub(crate) fn own() -> usize {
        0
    }
}
