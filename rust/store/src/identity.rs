//! Which process holds something, in one word of shared memory.

#[cfg(loom)]
pub(crate) use model::Identity;
#[cfg(not(loom))]
pub(crate) use real::Identity;

#[cfg(not(loom))]
mod real {
    use std::fs;
    use std::sync::atomic::{AtomicU64, Ordering};

    use askr_shm::Peer;

    /// A process: its number and the moment of its start, so that another process that was given
    /// the same number later is not taken for it. Never zero.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Identity(u64);

    impl Identity {
        /// This process, after a fork too. One short system call.
        pub(crate) fn own() -> Self {
            let pid = Peer::own_pid();
            let known = Self(OWN.load(Ordering::Relaxed));
            if known.pid() == pid {
                return known;
            }
            let own = Self::new(pid, start_of(pid).unwrap_or(0));
            OWN.store(own.0, Ordering::Relaxed);
            own
        }

        /// What a word of shared memory says; none when it names nobody.
        pub(crate) fn from_word(word: u64) -> Option<Self> {
            Some(Self(word)).filter(|identity| identity.pid() > 0)
        }

        /// The word for shared memory.
        pub(crate) fn word(self) -> u64 {
            self.0
        }

        /// Whether the process has not ended yet; a zombie has. Some system calls.
        pub(crate) fn is_alive(self) -> bool {
            if Peer::watch(self.pid()).is_none() {
                return false;
            }
            // Where the start could not be read, then or now, the number alone has to do.
            let start = start_of(self.pid()).filter(|_| self.0 >> PID_BITS > 0);
            start.is_none_or(|start| Self::new(self.pid(), start) == self)
        }

        fn new(pid: u32, start: u64) -> Self {
            Self(u64::from(pid) & PID_MASK | start << PID_BITS)
        }

        fn pid(self) -> u32 {
            u32::try_from(self.0 & PID_MASK).expect("the mask has fewer bits")
        }
    }

    /// When a process started, in ticks since the machine did: field 22 of its `stat`.
    fn start_of(pid: u32) -> Option<u64> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        // The name, field 2, stands in parentheses and may contain anything.
        let after_name = stat.rsplit(')').next()?;
        after_name.split_whitespace().nth(19)?.parse().ok()
    }

    /// Bits of a process number: Linux gives none above 2^22. The others hold ticks for a
    /// thousand years.
    const PID_BITS: u32 = 22;
    const PID_MASK: u64 = (1 << PID_BITS) - 1;

    /// The identity that this process, or the one that it was forked from, found.
    static OWN: AtomicU64 = AtomicU64::new(0);

    #[cfg(test)]
    mod tests {
        use std::process::Command;

        use super::*;

        #[test]
        fn this_process_is_alive_and_knows_itself() {
            assert!(Identity::own().is_alive());
            assert_eq!(
                Identity::from_word(Identity::own().word()),
                Some(Identity::own())
            );
        }

        #[test]
        fn a_process_that_was_given_a_dead_ones_number_is_not_taken_for_it() {
            let own = Identity::own();
            let earlier = Identity::new(own.pid(), 1);
            assert_ne!(earlier, own);
            assert!(!earlier.is_alive());
        }

        #[test]
        fn a_zombie_has_ended() {
            let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
            let identity = Identity::new(child.id(), start_of(child.id()).unwrap());
            assert!(identity.is_alive());
            child.kill().unwrap();
            let zombie = Peer::watch(child.id());
            let deadline = askr_shm::Deadline::after(std::time::Duration::from_secs(10));
            while zombie.as_ref().is_some_and(Peer::is_alive) && !deadline.is_over() {
                std::thread::yield_now();
            }
            assert!(!identity.is_alive());
            child.wait().unwrap();
            assert!(!identity.is_alive());
        }

        #[test]
        fn nonsense_names_nobody_or_somebody_dead() {
            assert_eq!(Identity::from_word(0), None);
            assert_eq!(Identity::from_word(1 << PID_BITS), None);
            assert!(!Identity::from_word(u64::MAX).unwrap().is_alive());
        }
    }
}

/// Under the model checker each thread is a process, which dies when it says so.
#[cfg(loom)]
mod model {
    use std::cell::Cell;

    use loom::sync::atomic::{AtomicU64, Ordering};

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Identity(u64);

    impl Identity {
        pub(crate) fn own() -> Self {
            OWN.with(|own| {
                if own.get() == 0 {
                    own.set(1 << NEXT.fetch_add(1, Ordering::SeqCst));
                }
                Self(own.get())
            })
        }

        pub(crate) fn from_word(word: u64) -> Option<Self> {
            Some(Self(word)).filter(|identity| identity.0 > 0)
        }

        pub(crate) fn word(self) -> u64 {
            self.0
        }

        pub(crate) fn is_alive(self) -> bool {
            DEAD.load(Ordering::SeqCst) & self.0 == 0
        }
    }

    /// Nothing that this thread holds is given back by it any more.
    pub fn die() {
        DEAD.fetch_or(Identity::own().word(), Ordering::SeqCst);
    }

    loom::thread_local! {
        static OWN: Cell<u64> = Cell::new(0);
    }

    loom::lazy_static! {
        static ref NEXT: AtomicU64 = AtomicU64::new(0);
        static ref DEAD: AtomicU64 = AtomicU64::new(0);
    }
}

#[cfg(loom)]
pub use model::die;
