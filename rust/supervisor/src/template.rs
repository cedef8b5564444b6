//! The template process: started by exec, killed with everything it forked, reaped.
#![forbid(unsafe_code)]

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::task::{Context, Poll};

use askr_exchange::GatewayEnd;
use command_fds::{CommandFdExt, FdMapping};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, WaitOptions, kill_process_group, pidfd_open,
    waitid, waitpid,
};
use tracing::warn;

use crate::config::Program;
use crate::control::{Control, Received};
use crate::error::StartError;
use crate::reaper::Household;
use crate::sys::{CONTROL_FD, EXCHANGES_FD, STORE_FD};

/// How long a killed process may take to die before it is left to the kernel.
const KILL_PATIENCE: Timespec = Timespec {
    tv_sec: 5,
    tv_nsec: 0,
};

/// A running template and our end of its control socket.
///
/// Dropping it kills its process group and reaps it.
#[derive(Debug)]
pub(crate) struct TemplateProcess {
    pid: Pid,
    /// `None` once everybody on the other side has closed it.
    control: Option<Control>,
    is_reaped: bool,
    household: Household,
}

impl TemplateProcess {
    /// Starts one; must be called on the main thread, whose death is the template's.
    pub(crate) fn start(
        program: &Program,
        exchanges: &[GatewayEnd],
        household: Household,
    ) -> Result<Self, StartError> {
        let (control, theirs) = Control::pair().map_err(StartError::Control)?;
        let mut command = command(program).map_err(StartError::Handover)?;
        let exchanges = exchanges.iter().map(GatewayEnd::fds);
        let fds = exchanges.flat_map(|(region, doorbell)| [region, doorbell]);
        let mut mappings = vec![FdMapping {
            parent_fd: theirs,
            child_fd: CONTROL_FD,
        }];
        let store = program.store.iter().map(|store| (store.as_fd(), STORE_FD));
        for (fd, child_fd) in store.chain(fds.zip(EXCHANGES_FD..)) {
            let parent_fd = own(fd)?;
            mappings.push(FdMapping {
                parent_fd,
                child_fd,
            });
        }
        command.fd_mappings(mappings).expect("the numbers differ");
        let child = command.spawn().map_err(|source| StartError::Spawn {
            program: program.path.display().to_string(),
            source,
        })?;
        let pid = Pid::from_child(&child);
        household.add(pid);
        Ok(Self {
            pid,
            control: Some(control),
            is_reaped: false,
            household,
        })
    }

    /// Its process id.
    pub(crate) fn id(&self) -> u32 {
        self.pid.as_raw_nonzero().get().unsigned_abs()
    }

    /// Our end of the socket, until it is closed.
    pub(crate) fn control(&self) -> Option<&Control> {
        self.control.as_ref()
    }

    /// Our end of the socket, until it is closed.
    pub(crate) fn control_mut(&mut self) -> Option<&mut Control> {
        self.control.as_mut()
    }

    /// The next message; [`Received::Closed`] once, and nothing ever after that.
    pub(crate) fn poll_receive(&mut self, context: &mut Context<'_>) -> Poll<Received> {
        let Some(control) = &mut self.control else {
            return Poll::Pending;
        };
        let received = control.poll_receive(context);
        if matches!(received, Poll::Ready(Received::Closed)) {
            self.control = None;
        }
        received
    }

    /// Kills it and everything it forked.
    pub(crate) fn kill(&self) {
        if self.is_reaped {
            return; // The number may belong to somebody else by now.
        }
        match kill_process_group(self.pid, Signal::KILL) {
            Ok(()) | Err(rustix::io::Errno::SRCH) => {}
            Err(error) => warn!(pid = self.id(), %error, "template cannot be killed"),
        }
    }

    /// How it ended, if it has; everything it forked is killed then.
    pub(crate) fn take_end(&mut self) -> Option<String> {
        let peek = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
        match waitid(WaitId::Pid(self.pid), peek) {
            Ok(None) => return None,
            // While the dead leader is not reaped, its group's number cannot be anybody else's.
            Ok(Some(_)) => self.kill(),
            Err(_) => {}
        }
        self.is_reaped = true;
        let reaped = waitpid(Some(self.pid), WaitOptions::NOHANG);
        let status = reaped.ok().flatten().map(|(_, status)| status);
        let met = self.household.remove(self.pid);
        Some(status.or(met).map_or("unknown end".to_owned(), end_text))
    }
}

impl Drop for TemplateProcess {
    fn drop(&mut self) {
        if self.is_reaped {
            return;
        }
        self.kill();
        if let Ok(process) = pidfd_open(self.pid, PidfdFlags::empty()) {
            let mut fds = [PollFd::new(&process, PollFlags::IN)];
            let _ = poll(&mut fds, Some(&KILL_PATIENCE));
        }
        let _ = waitpid(Some(self.pid), WaitOptions::NOHANG);
        self.household.remove(self.pid);
    }
}

/// Runs in a process group of its own, so that Ctrl-C reaches only main.
fn command(program: &Program) -> io::Result<Command> {
    let mut command = Command::new(&program.path);
    command
        .arg0("askr")
        .args(&program.arguments)
        .process_group(0)
        .stdin(Stdio::null());
    for (name, value) in &program.variables {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    if let Some(output) = &program.output {
        command
            .stdout(output.try_clone()?)
            .stderr(output.try_clone()?);
    }
    Ok(command)
}

fn own(fd: BorrowedFd<'_>) -> Result<OwnedFd, StartError> {
    fd.try_clone_to_owned()
        .map_err(|error: io::Error| StartError::Handover(error))
}

/// The facts of an end, in words.
fn end_text(status: rustix::process::WaitStatus) -> String {
    if let Some(code) = status.exit_status() {
        format!("exit code {code}")
    } else if let Some(signal) = status.terminating_signal() {
        format!("signal {signal}")
    } else {
        format!("{status:?}")
    }
}
