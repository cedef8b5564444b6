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

    /// What a thread knows of its counter.
    #[derive(Clone, Copy)]
    struct Own {
        stripe: usize,
        /// Reads until it looks again which process it is in: a fork has the memory of the one
        /// that it was forked from.
        reads_left: u32,
        thread: Option<usize>,
    }

    /// This thread's counter.
    #[inline]
    pub(crate) fn own() -> usize {
        OWN.with(|cell| {
            let own = cell.get();
            let Some(reads_left) = own.reads_left.checked_sub(1) else {
                return choose(cell);
            };
            cell.set(Own { reads_left, ..own });
            own.stripe
        })
    }

    /// A number that is likely to differ between processes and between threads.
    #[cold]
    fn choose(cell: &Cell<Own>) -> usize {
        let thread = cell.get().thread;
        let thread = thread.unwrap_or_else(|| THREADS.fetch_add(1, Ordering::Relaxed));
        let pid = usize::try_from(Identity::own().pid()).unwrap_or(0);
        let own = Own {
            stripe: pid.wrapping_add(thread),
            reads_left: READS_PER_LOOK,
            thread: Some(thread),
        };
        cell.set(own);
        own.stripe
    }

    /// One system call for so many reads.
    const READS_PER_LOOK: u32 = 4096;

    static THREADS: AtomicUsize = AtomicUsize::new(0);

    thread_local! {
        static OWN: Cell<Own> = const {
            Cell::new(Own {
                stripe: 0,
                reads_left: 0,
                thread: None,
            })
        };
    }
}

/// The model has one.
#[cfg(loom)]
mod model {
    pub(crate) fn own() -> usize {
        0
    }
}
