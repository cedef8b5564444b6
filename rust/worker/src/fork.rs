//! The only `fork`, and what a child owes its parent.

use std::io;

use nix::unistd::{ForkResult, Pid, fork, getppid};
use rustix::process::{Signal, set_parent_process_death_signal};

/// Which side of a fork this is.
pub(crate) enum Side {
    /// The process that asked, with the child's number.
    Parent(Pid),
    /// The new process.
    Child,
}

/// Forks this process. The child ends when its parent does.
///
/// # Errors
/// What the system says when there is no room for another process.
pub(crate) fn fork_worker() -> io::Result<Side> {
    let parent = nix::unistd::getpid();
    // SAFETY: `fork` is only unsafe in a process with several threads, whose locks the child would
    // inherit in any state; templates never start a thread (an invariant of this crate).
    match unsafe { fork() }? {
        ForkResult::Parent { child } => Ok(Side::Parent(child)),
        ForkResult::Child => {
            end_with(parent);
            Ok(Side::Child)
        }
    }
}

/// Ends this process when `parent` ends, even if it ended already.
pub(crate) fn end_with(parent: Pid) {
    let asked = set_parent_process_death_signal(Some(Signal::KILL));
    if asked.is_err() || getppid() != parent {
        std::process::exit(1);
    }
}
