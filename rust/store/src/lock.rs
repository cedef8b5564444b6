//! The lock of a namespace: whoever writes has it, and a process that dies with it is replaced.
//!
//! One word names the owner, so that taking it and saying who did is one step. Whoever waits sets
//! the spare bit and sleeps on another word, for a moment at a time: after each it looks whether
//! the owner still lives. A lost wake-up so costs a moment, never more.

use std::time::Duration;

use askr_shm::futex;
use askr_shm::sync::{Ordering, spin_loop};
use askr_shm::{Deadline, Identity, Offset};

use crate::space::Space;

/// The lock of a namespace, held.
#[derive(Debug)]
pub(crate) struct Held<'s> {
    space: Space<'s>,
    /// The word of this process.
    own: u64,
}

impl<'s> Held<'s> {
    /// Takes the lock, from a dead owner if need be; `None` if somebody had it all the time.
    pub(crate) fn take(space: Space<'s>, patience: Duration) -> Option<Held<'s>> {
        let own = Identity::own().word();
        let held = try_take(space, 0, own)
            || look(space, own)
            || (!patience.is_zero() && sleep_until_taken(space, own, patience));
        // Not `then_some`: that makes one in any case, and drops it.
        held.then(|| Held { space, own })
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let owner = self.space.word(self.space.plan.owner());
        // Whoever does not have it, because somebody believed it dead, leaves it alone.
        let give_back = |own| {
            let given = owner.compare_exchange(own, 0, Ordering::Release, Ordering::Relaxed);
            given.is_ok()
        };
        if !give_back(self.own) && give_back(self.own | Identity::SPARE) {
            let freed = self.space.plan.freed();
            self.space
                .region
                .word32(freed)
                .fetch_add(1, Ordering::Release);
            futex::wake(self.space.region, freed);
        }
    }
}

fn is_free(space: Space<'_>) -> bool {
    space.word(space.plan.owner()).load(Ordering::Relaxed) == 0
}

fn try_take(space: Space<'_>, from: u64, own: u64) -> bool {
    let owner = space.word(space.plan.owner());
    owner
        .compare_exchange(from, own, Ordering::Acquire, Ordering::Relaxed)
        .is_ok()
}

/// Takes it if it is given back within a few microseconds.
fn look(space: Space<'_>, own: u64) -> bool {
    (0..SPINS).any(|_| {
        spin_loop();
        is_free(space) && try_take(space, 0, own)
    })
}

/// Sleeps a moment at a time until the lock is free or its owner dead. Whoever slept takes it with
/// the spare bit set: others may sleep still.
fn sleep_until_taken(space: Space<'_>, own: u64, patience: Duration) -> bool {
    let deadline = Deadline::after(patience);
    let own = own | Identity::SPARE;
    loop {
        let freed = space.plan.freed();
        let seen = space.region.word32(freed).load(Ordering::Acquire);
        let owner = space.word(space.plan.owner()).load(Ordering::Relaxed);
        if owner == 0 {
            if try_take(space, 0, own) {
                return true;
            }
            continue;
        }
        let waited = owner | Identity::SPARE;
        if owner != waited && !try_take(space, owner, waited) {
            continue;
        }
        let moment = Deadline::after(MOMENT.min(deadline.remaining()));
        if sleep(space, freed, seen, moment) && is_dead(waited) && try_take(space, waited, own) {
            return true;
        }
        // Whoever gave it back may have it again already, and soon gives it back once more.
        if look(space, own) {
            return true;
        }
        if deadline.is_over() {
            return is_free(space) && try_take(space, 0, own);
        }
    }
}

/// Sleeps until the lock is given back or the moment over; true when that is over.
#[cfg(not(loom))]
fn sleep(space: Space<'_>, freed: Offset<u32>, seen: u32, moment: Deadline) -> bool {
    futex::wait(space.region, freed, seen, moment);
    moment.is_over()
}

/// In the model no time passes: every moment is over at once.
#[cfg(loom)]
fn sleep(_: Space<'_>, _: Offset<u32>, _: u32, _: Deadline) -> bool {
    spin_loop();
    true
}

/// Whether no living process has that word. One that names no process was not written by us.
fn is_dead(owner: u64) -> bool {
    let identity = Identity::from_word(owner & !Identity::SPARE);
    !identity.is_some_and(Identity::is_alive)
}

/// Looks before the first sleep, and after each.
#[cfg(not(loom))]
const SPINS: u32 = 200;
#[cfg(loom)]
const SPINS: u32 = 0;

/// How long to sleep before looking at the owner.
const MOMENT: Duration = Duration::from_millis(1);
