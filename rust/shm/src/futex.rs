//! Sleeping on a word of shared memory until another process changes it.

use crate::deadline::Deadline;
use crate::offset::Offset;
use crate::region::Region;

/// Why a wait ended. None of them promises that the word has changed: look again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Somebody woke the word, a signal arrived, or the word was not as expected to begin with.
    Called,
    /// The deadline came.
    TimedOut,
}

/// Sleeps while the word at `at` is `expected`, at most until `deadline`.
///
/// The kernel compares and goes to sleep in one step, so a change that is followed by
/// [`wake`] is never missed.
#[cfg(not(loom))]
pub fn wait(region: &Region, at: Offset<u32>, expected: u32, deadline: Deadline) -> Woken {
    use rustix::io::Errno;
    use rustix::thread::futex::{Flags, wait_bitset};

    let word = region.word32(at);
    let every_waker = std::num::NonZeroU32::MAX;
    match wait_bitset(
        word,
        Flags::empty(),
        expected,
        Some(&deadline.timespec()),
        every_waker,
    ) {
        Err(Errno::TIMEDOUT) => Woken::TimedOut,
        Ok(()) | Err(_) => Woken::Called,
    }
}

/// Wakes one process that sleeps on the word at `at`. Returns whether one did.
#[cfg(not(loom))]
pub fn wake(region: &Region, at: Offset<u32>) -> bool {
    use rustix::thread::futex::{Flags, wake};

    wake(region.word32(at), Flags::empty(), 1).is_ok_and(|woken| woken > 0)
}

/// Wakes all processes that sleep on the word at `at`.
#[cfg(not(loom))]
pub fn wake_all(region: &Region, at: Offset<u32>) {
    use rustix::thread::futex::{Flags, wake};

    // The one error is a bad address, and the region is mapped.
    let _ = wake(region.word32(at), Flags::empty(), i32::MAX.unsigned_abs());
}

/// The model: no deadline, so a lost wake-up is a deadlock that the checker reports.
#[cfg(loom)]
pub fn wait(region: &Region, at: Offset<u32>, expected: u32, _: Deadline) -> Woken {
    region.model_wait(at, expected);
    Woken::Called
}

/// The model of a wake of all.
#[cfg(loom)]
pub fn wake_all(region: &Region, at: Offset<u32>) {
    region.model_wake_all(at);
}

/// The model of a wake.
#[cfg(loom)]
pub fn wake(region: &Region, at: Offset<u32>) -> bool {
    region.model_wake(at);
    true
}

#[cfg(all(test, not(loom)))]
mod tests;
