//! Whether to look again for a moment before going to sleep.
//!
//! Waking a sleeper on another core costs several microseconds on both sides; looking again
//! costs none of that if the other side is about to answer, and is pure waste if it is not, or
//! if it needs the very core that is looking. Which of these holds cannot be known, so it is
//! tried: a look that paid is repeated at once, each one that did not doubles the number of
//! sleeps until the next.

use askr_shm::sync::spin_loop;

use crate::limits::{SPIN_LOOKS, SPIN_REST_MAX};

/// Decides before each sleep whether to look again. One per thread that sleeps.
#[derive(Debug, Default)]
pub struct Spin {
    /// Sleeps without looking after the last look that did not pay.
    rest: u32,
    /// Of those, how many are left.
    rest_left: u32,
}

impl Spin {
    /// Calls `look` for a moment until it finds something, or does nothing if that has not paid
    /// lately. No system call.
    pub fn look<T>(&mut self, mut look: impl FnMut() -> Option<T>) -> Option<T> {
        if self.rest_left > 0 {
            self.rest_left -= 1;
            return None;
        }
        let found = (0..SPIN_LOOKS).find_map(|_| {
            spin_loop();
            look()
        });
        self.rest = if found.is_some() {
            0
        } else {
            (self.rest * 2 + 1).min(SPIN_REST_MAX)
        };
        self.rest_left = self.rest;
        found
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn looks(spin: &mut Spin) -> bool {
        let mut looked = false;
        spin.look(|| {
            looked = true;
            None::<()>
        });
        looked
    }

    #[test]
    fn looking_in_vain_becomes_rare() {
        let mut spin = Spin::default();
        let looked = (0..1000).filter(|_| looks(&mut spin)).count();
        assert!((8..12).contains(&looked), "{looked}");
    }

    #[test]
    fn one_look_that_pays_brings_it_back() {
        let mut spin = Spin::default();
        for _ in 0..1000 {
            looks(&mut spin);
        }
        while spin.look(|| Some(())).is_none() {}
        assert!(looks(&mut spin));
    }
}
