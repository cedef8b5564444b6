//! Whether another process still lives.

use std::os::fd::OwnedFd;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, pidfd_open, test_kill_process};
use rustix::time::Timespec;

/// A process that shares memory with this one.
///
/// A pidfd names the process for good, even after its number was given to another one; where the
/// kernel or a sandbox denies pidfds, the number alone has to do.
#[derive(Debug)]
pub struct Peer {
    pid: Pid,
    pidfd: Option<OwnedFd>,
}

impl Peer {
    /// Starts to watch the process `pid`. `None` if there is no such process.
    #[must_use]
    pub fn watch(pid: u32) -> Option<Peer> {
        let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
        match pidfd_open(pid, PidfdFlags::empty()) {
            Ok(pidfd) => Some(Peer {
                pid,
                pidfd: Some(pidfd),
            })
            .filter(Peer::is_alive),
            Err(Errno::SRCH) => None,
            Err(_) => Some(Peer { pid, pidfd: None }).filter(Peer::is_alive),
        }
    }

    /// The number of this process, for the peer to watch.
    #[must_use]
    pub fn own_pid() -> u32 {
        rustix::process::getpid()
            .as_raw_nonzero()
            .get()
            .unsigned_abs()
    }

    /// Whether the process has not ended yet. One system call.
    #[must_use]
    pub fn is_alive(&self) -> bool {
        match &self.pidfd {
            Some(pidfd) => !is_readable(pidfd),
            None => test_kill_process(self.pid) != Err(Errno::SRCH),
        }
    }
}

/// A pidfd becomes readable when its process ends.
fn is_readable(pidfd: &OwnedFd) -> bool {
    let mut fds = [PollFd::new(pidfd, PollFlags::IN)];
    let at_once = Timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    poll(&mut fds, Some(&at_once)).is_ok_and(|ready| ready > 0)
}

#[cfg(all(test, not(loom)))]
mod tests;
