//! The engine's surroundings, as a trait.

use std::path::PathBuf;
use std::time::Duration;

use crate::Incoming;

/// How grave a log line is, as syslog numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Priority {
    /// LOG_EMERG to LOG_ERR.
    Error,
    /// LOG_WARNING.
    Warning,
    /// LOG_NOTICE and LOG_INFO.
    Info,
    /// LOG_DEBUG.
    Debug,
}

impl Priority {
    pub(crate) fn from_syslog(number: i32) -> Self {
        match number {
            ..=3 => Self::Error,
            4 => Self::Warning,
            5 | 6 => Self::Info,
            _ => Self::Debug,
        }
    }
}

/// What the engine needs from the process around it.
///
/// The methods are called from inside PHP, so none may call back into the engine. Those with a
/// body do what a process without clients wants: nothing.
pub trait Host {
    /// Waits for the next request and describes it in `incoming`, which is empty. Returns false
    /// when the worker is to leave its loop.
    fn take(&mut self, incoming: &mut Incoming) -> bool;

    /// One header line of the reply, `Name: value`; called before [`head`](Self::head).
    fn header(&mut self, _line: &[u8]) {}

    /// The head of the reply is complete.
    fn head(&mut self, _status: u16) {}

    /// Bytes of the reply's body. Returns false when the client is gone.
    fn write(&mut self, bytes: &[u8]) -> bool;

    /// Sends on what was written so far. Returns false when the client is gone.
    fn flush(&mut self) -> bool {
        true
    }

    /// Reads the request's body into `out` and fills it unless the body ends before: PHP takes
    /// a shorter read for the end.
    fn read_body(&mut self, _out: &mut [u8]) -> usize {
        0
    }

    /// The script failed after the head was given out: the reply must not look whole.
    fn reply_fail(&mut self) {}

    /// The reply is complete; what is written later is dropped.
    fn reply_end(&mut self) {}

    /// A line for the log.
    fn log(&mut self, priority: Priority, message: &str);

    /// For how long the request has run, if its time is over.
    fn expired(&mut self) -> Option<Duration> {
        None
    }

    /// The request has at least so much time from now on; `None` is as much as it wants.
    fn extend_deadline(&mut self, _by: Option<Duration>) {}

    /// Whether there is no time to tidy up: a request waits, or none is to come any more.
    fn is_awaited(&self) -> bool {
        false
    }

    /// PHP asks that another worker takes over from this one after the request.
    fn recycle(&mut self) {}

    /// The number of this worker, as `askr_worker_id()` gives it.
    fn worker_id(&self) -> u32 {
        0
    }

    /// Whether this process is to fork copies of itself where its script can go on in them: at
    /// `askr_cow_ready()`, and where [`take`](Self::take) has returned false.
    fn is_template(&self) -> bool {
        false
    }

    /// Forks copies on command for the rest of this process's life. Returns in each copy, with the
    /// copy's own host; `None` when this process forks none.
    fn fork_copies(&mut self) -> Option<Box<dyn Host>> {
        None
    }

    /// Whether this copy is to be put back after each request to where it is now, at its birth.
    fn is_rewound(&self) -> bool {
        false
    }

    /// It cannot be, ever, for this reason.
    fn stay(&mut self, _why: &str) {}

    /// The request is over with all that belongs to it, and the process is about to be put back:
    /// what this host keeps in memory from here on is forgotten.
    fn rest(&mut self) {}

    /// This process could not be put back, for this reason, and must end now.
    fn leave(&mut self, _why: &str) {}

    /// Where a copy puts uploaded files; `None` leaves it as it was.
    fn upload_folder(&self) -> Option<PathBuf> {
        None
    }
}
