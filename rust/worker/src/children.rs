//! The processes a template has forked or was given, from their birth until they are reaped.

use std::collections::VecDeque;
use std::io;
use std::os::fd::OwnedFd;

use askr_exchange::control::{Child, ProcessEnd};
use nix::errno::Errno;
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

use crate::limits::STRANGERS_MAX;

/// Those that were not reaped yet, so that their numbers mean nobody else.
#[derive(Default)]
pub(crate) struct Children {
    members: Vec<Member>,
    /// The last processes that were reaped without being known: what PHP code of dead workers had
    /// started, and workers whose template died before anybody gave them to this one.
    strangers: VecDeque<(Pid, ProcessEnd)>,
}

struct Member {
    child: Child,
    pid: Pid,
    pidfd: OwnedFd,
}

/// One that was reaped.
pub(crate) struct Gone {
    pub(crate) child: Child,
    pub(crate) pid: u32,
    pub(crate) end: ProcessEnd,
}

impl Children {
    /// Watches a process that was just forked.
    ///
    /// # Errors
    /// What the system says when it cannot be watched; it is killed then.
    pub(crate) fn add(&mut self, child: Child, pid: Pid) -> io::Result<()> {
        match watch(pid) {
            Ok(pidfd) => {
                self.members.push(Member { child, pid, pidfd });
                Ok(())
            }
            Err(error) => {
                let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
                let _ = waitpid(pid, None);
                Err(error)
            }
        }
    }

    /// Watches one that became a child of this process when its parent ended; how it ended if it
    /// has already.
    pub(crate) fn adopt(&mut self, child: Child, pid: u32) -> Option<Gone> {
        let number = Pid::from_raw(i32::try_from(pid).unwrap_or(0));
        let peek = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        let is_ours = pid != 0 && waitid(Id::Pid(number), peek).is_ok();
        if is_ours && let Ok(pidfd) = watch(number) {
            let pid = number;
            self.members.push(Member { child, pid, pidfd });
            return None;
        }
        let at = self.strangers.iter().rposition(|(pid, _)| *pid == number);
        let known = at.and_then(|at| self.strangers.remove(at));
        // Nobody is left who knows; what ends those whose template has died is this signal.
        let end = known.map_or(ProcessEnd::Signal(Signal::KILL.as_raw()), |(_, end)| end);
        Some(Gone { child, pid, end })
    }

    /// What becomes readable when one of them ends.
    pub(crate) fn ends(&self) -> impl Iterator<Item = &OwnedFd> {
        self.members.iter().map(|member| &member.pidfd)
    }

    /// Sends a signal to one that lives.
    pub(crate) fn signal(&self, child: Child, signal: Signal) {
        if let Some(member) = self.members.iter().find(|member| member.child == child) {
            let _ = pidfd_send_signal(&member.pidfd, signal);
        }
    }

    /// The process of one that was not reaped yet.
    pub(crate) fn process(&self, child: Child) -> Option<Pid> {
        let member = self.members.iter().find(|member| member.child == child);
        member.map(|member| member.pid)
    }

    /// The next that has ended.
    pub(crate) fn reap(&mut self) -> Option<Gone> {
        loop {
            let (pid, end) = next_end()?;
            let Some(at) = self.members.iter().position(|member| member.pid == pid) else {
                self.remember(pid, end);
                continue;
            };
            let Member { child, pid, .. } = self.members.swap_remove(at);
            let pid = number(pid);
            return Some(Gone { child, pid, end });
        }
    }

    /// Kills all, and waits until they are gone.
    pub(crate) fn kill(&mut self) {
        for member in self.members.drain(..) {
            let _ = pidfd_send_signal(&member.pidfd, Signal::KILL);
            let _ = waitpid(member.pid, None);
        }
    }

    fn remember(&mut self, pid: Pid, end: ProcessEnd) {
        if self.strangers.len() == STRANGERS_MAX {
            self.strangers.pop_front();
        }
        self.strangers.push_back((pid, end));
    }
}

/// A process number as messages have it.
pub(crate) fn number(pid: Pid) -> u32 {
    u32::try_from(pid.as_raw()).unwrap_or(0)
}

fn watch(pid: Pid) -> io::Result<OwnedFd> {
    let pid = rustix::process::Pid::from_raw(pid.as_raw()).ok_or(io::ErrorKind::NotFound)?;
    Ok(pidfd_open(pid, PidfdFlags::empty())?)
}

fn next_end() -> Option<(Pid, ProcessEnd)> {
    loop {
        match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
            Ok(WaitStatus::Exited(pid, code)) => return Some((pid, ProcessEnd::Code(code))),
            Ok(WaitStatus::Signaled(pid, signal, _)) => {
                return Some((pid, ProcessEnd::Signal(signal as i32)));
            }
            Err(Errno::EINTR) => {}
            _ => return None,
        }
    }
}
