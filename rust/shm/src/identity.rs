//! Which process it is, in one word.

#[cfg(not(loom))]
use std::fs;
#[cfg(not(loom))]
use std::sync::atomic::{AtomicU64, Ordering};

#[cfg(not(loom))]
use crate::peer::Peer;

/// A process, told from a later one that was given the same number by when it was started.
///
/// Never zero, so that a word of shared memory can say that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Identity {
    word: u64,
}

impl Identity {
    /// Bits of the word that are never set, for the caller's own use.
    pub const SPARE: u64 = 1 << 63;

    /// The identity in a word of shared memory; `None` where the word is not one.
    #[must_use]
    pub fn from_word(word: u64) -> Option<Identity> {
        (word & Self::SPARE == 0 && word & PID_MASK != 0).then_some(Identity { word })
    }

    /// As one word.
    #[must_use]
    pub fn word(self) -> u64 {
        self.word
    }

    /// The number of the process.
    #[must_use]
    pub fn pid(self) -> u32 {
        u32::try_from(self.word & PID_MASK).expect("the mask leaves 24 bits")
    }
}

#[cfg(not(loom))]
impl Identity {
    /// This process, a fork of the one that asked before included. One system call, and a look
    /// into a file of the kernel's at the first time in each process.
    #[must_use]
    pub fn own() -> Identity {
        let pid = Peer::own_pid();
        let known = Identity {
            word: OWN.load(Ordering::Relaxed),
        };
        if known.pid() == pid {
            return known;
        }
        let own = Identity::of(pid);
        OWN.store(own.word, Ordering::Relaxed);
        own
    }

    /// Whether that process still lives. Where the kernel does not say when a process was
    /// started, the number alone has to do.
    #[must_use]
    pub fn is_alive(self) -> bool {
        let Some(peer) = Peer::watch(self.pid()) else {
            return false;
        };
        let now = Identity::of(self.pid());
        // It is the same process as before the look at its start only if it is alive still.
        peer.is_alive() && (now == self || now.word <= PID_MASK || self.word <= PID_MASK)
    }

    fn of(pid: u32) -> Identity {
        let started = started(pid).unwrap_or(0) & STARTED_MASK;
        Identity {
            word: started << PID_BITS | u64::from(pid) & PID_MASK,
        }
    }
}

#[cfg(not(loom))]
/// When a process was started, in ticks since boot.
fn started(pid: u32) -> Option<u64> {
    let line = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name of the program is in parentheses and may hold anything, parentheses included.
    let end = line.iter().rposition(|&byte| byte == b')')?;
    let rest = std::str::from_utf8(&line[end + 1..]).ok()?;
    rest.split_ascii_whitespace()
        .nth(STARTED_FIELD)?
        .parse()
        .ok()
}

#[cfg(not(loom))]
/// What this process, or the one that it was forked from, found itself to be.
static OWN: AtomicU64 = AtomicU64::new(0);

/// The kernel gives numbers below 2^22.
const PID_BITS: u32 = 24;
const PID_MASK: u64 = (1 << PID_BITS) - 1;
#[cfg(not(loom))]
const STARTED_MASK: u64 = (1 << (63 - PID_BITS)) - 1;
#[cfg(not(loom))]
/// The 22nd field of the line is the 20th after the name.
const STARTED_FIELD: usize = 19;

/// Under the model checker each thread is a process, which dies when it says so.
#[cfg(loom)]
mod model {
    use std::cell::Cell;

    use loom::sync::atomic::{AtomicU64, Ordering};

    use super::Identity;

    impl Identity {
        /// This thread.
        #[must_use]
        pub fn own() -> Identity {
            OWN.with(|own| {
                if own.get() == 0 {
                    own.set(1 << THREADS.fetch_add(1, Ordering::SeqCst));
                }
                Identity { word: own.get() }
            })
        }

        /// Whether that thread has not died yet.
        #[must_use]
        pub fn is_alive(self) -> bool {
            DEAD.load(Ordering::SeqCst) & self.word == 0
        }

        /// This thread does nothing more, and gives nothing back.
        pub fn die() {
            DEAD.fetch_or(Identity::own().word, Ordering::SeqCst);
        }
    }

    loom::thread_local! {
        static OWN: Cell<u64> = Cell::new(0);
    }

    loom::lazy_static! {
        static ref THREADS: AtomicU64 = AtomicU64::new(0);
        static ref DEAD: AtomicU64 = AtomicU64::new(0);
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn this_process_is_alive_and_known_by_its_word() {
        let own = Identity::own();
        assert_eq!(own.pid(), std::process::id());
        assert_eq!(Identity::from_word(own.word()), Some(own));
        assert!(own.is_alive());
    }

    #[test]
    fn a_process_that_has_ended_is_not_alive_before_it_is_reaped_either() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).spawn().unwrap();
        let identity = Identity::of(child.id());
        assert!(identity.is_alive());
        child.kill().unwrap();
        let peer = Peer::watch(child.id());
        while peer.as_ref().is_some_and(Peer::is_alive) {}
        assert!(!identity.is_alive());
        child.wait().unwrap();
    }

    #[test]
    fn another_process_under_the_same_number_is_not_it() {
        let own = Identity::own();
        let earlier = own.word() ^ 1 << 30;
        assert!(!Identity::from_word(earlier).unwrap().is_alive());
    }

    #[test]
    fn a_word_that_names_no_process_is_refused() {
        assert_eq!(Identity::from_word(0), None);
        assert_eq!(Identity::from_word(Identity::SPARE | 1), None);
    }
}
