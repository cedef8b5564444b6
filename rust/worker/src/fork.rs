//! The only `fork`, and what processes owe their parents.

use std::io;

use nix::unistd::{ForkResult, Pid, fork, getppid};
use rustix::process::{Signal, set_child_subreaper, set_parent_process_death_signal};

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
pub(crate) fn fork_child() -> io::Result<Side> {
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
        exit_now(1);
    }
}

/// Takes [`end_with`] back: a worker that has become a template outlives the one it comes from.
pub(crate) fn outlive_parent() {
    if let Err(error) = set_parent_process_death_signal(None) {
        tracing::error!(%error, "this template ends with the one before");
    }
}

/// Makes what templates leave behind that end become children of this process.
pub(crate) fn become_subreaper() {
    if let Err(error) = set_child_subreaper(Some(rustix::process::getpid())) {
        tracing::error!(%error, "workers of a template that ends cannot be watched");
    }
}

/// Has the C library keep large pieces of memory where they are: it would move those that are
/// mappings of their own, and a process that is put back tells a page that moved from one that
/// stayed only by its place.
pub(crate) fn keep_memory_in_place() {
    // SAFETY: `mallopt` has no precondition but that no other thread uses the allocator meanwhile,
    // and templates never start one (an invariant of this crate).
    let is_kept = unsafe { nix::libc::mallopt(nix::libc::M_MMAP_MAX, 0) };
    if is_kept == 0 {
        tracing::warn!("the C library does not take M_MMAP_MAX");
    }
}

/// Ends this process as it stands: nothing is destroyed first that the system frees anyway, and
/// nothing runs that a parent process has registered for its own end.
pub(crate) fn exit_now(code: u8) -> ! {
    // SAFETY: `_exit` has no precondition and does not return.
    unsafe { nix::libc::_exit(i32::from(code)) }
}
