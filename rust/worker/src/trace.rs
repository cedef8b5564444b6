//! What PHP code a worker runs at this moment, seen from the template that forked it: both have
//! the same binary at the same addresses. The worker is not stopped and does not notice.

use std::io::{self, IoSliceMut};

use askr_exchange::WorkerId;
use askr_exchange::control::ToMain;
use askr_php::{Memory, Stack};
use nix::sys::uio::{RemoteIoVec, process_vm_readv};
use nix::unistd::Pid;

use crate::limits::LOOKS_MAX;

/// The answer to main's question. `pid` must be a child that was not reaped yet; `None` if there
/// is none of that name.
pub(crate) fn trace(stack: &Stack, worker: WorkerId, pid: Option<Pid>) -> ToMain {
    let lines = |pid| {
        // A worker that runs on may have given back the memory of its innermost call meanwhile.
        let mut looks = (0..LOOKS_MAX).map(|_| stack.lines(&Process(pid)));
        let read = looks.find(Result::is_ok);
        read.unwrap_or_else(|| stack.lines(&Process(pid)))
    };
    let stranger = || Err(io::Error::other("it is no child of this template"));
    match pid.map_or_else(stranger, lines) {
        Ok(frames) => ToMain::Traced { worker, frames },
        Err(error) => ToMain::TraceFailed {
            worker,
            message: error.to_string(),
        },
    }
}

struct Process(Pid);

impl Memory for Process {
    fn read(&self, base: usize, out: &mut [u8]) -> io::Result<()> {
        let len = out.len();
        let remote = [RemoteIoVec { base, len }];
        let read = process_vm_readv(self.0, &mut [IoSliceMut::new(out)], &remote)?;
        if read == len {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}
