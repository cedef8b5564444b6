//! The messages between main and the templates, one JSON document per packet.
//!
//! The control socket is an `AF_UNIX` `SOCK_SEQPACKET` pair. A packet is at most
//! [`CONTROL_BYTES_MAX`](crate::CONTROL_BYTES_MAX) bytes. The children of a template inherit its
//! end and send their own news on it; one that becomes a template makes a pair of its own, and
//! sends main's end of it along with [`ToMain::TemplateReady`].

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ids::WorkerId;

/// Main tells a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToTemplate {
    /// Start the engine. The first message to the first template of a generation, sent once.
    Boot(TemplateConfig),
    /// Fork a worker that sits down on that seat.
    Fork {
        /// The new worker's name.
        worker: WorkerId,
        /// Index of its pool in [`TemplateConfig::pools`].
        pool: u16,
        /// Requests after which it asks to be recycled; 0 = never.
        max_requests: u64,
    },
    /// Fork a template that boots the application.
    ForkTemplate {
        /// The new template's name.
        template: TemplateId,
    },
    /// To the first template, whose children all others become when their parent ends: that one is
    /// its child now, and is to be watched and reaped like one it has forked.
    Adopt {
        /// Whom.
        child: Child,
        /// Its process.
        pid: u32,
    },
    /// Kill a child at once.
    Kill {
        /// Which.
        child: Child,
    },
    /// Interrupt what a worker does, so that it looks whether its request has had its time.
    Interrupt {
        /// Which.
        worker: WorkerId,
    },
    /// Say what PHP code a worker runs at this moment, without disturbing it.
    Trace {
        /// Which.
        worker: WorkerId,
    },
    /// End the template.
    Stop,
}

/// A template, or a worker, tells main.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToMain {
    /// The engine runs in the first template of a generation.
    EngineReady {
        /// For example `8.4.24`.
        php_version: String,
    },
    /// The engine did not start; the template ends.
    EngineFailed {
        /// What PHP said.
        message: String,
    },
    /// From a new template: it forks on command from now on, told through the socket that comes
    /// with this message. A worker that was promoted says it under its name as a worker.
    TemplateReady {
        /// Which.
        child: Child,
    },
    /// A child was forked.
    Forked {
        /// Its name.
        child: Child,
        /// Its process.
        pid: u32,
    },
    /// A child could not be forked.
    ForkFailed {
        /// Its name.
        child: Child,
        /// What the system said.
        message: String,
    },
    /// A child ended and was reaped.
    Exited {
        /// Its name.
        child: Child,
        /// Its process.
        pid: u32,
        /// How it ended.
        end: ProcessEnd,
    },
    /// From the worker: it has booted the application and will take requests.
    Ready {
        /// Its name.
        worker: WorkerId,
    },
    /// From the child: the application did not boot.
    BootFailed {
        /// Its name.
        child: Child,
        /// What PHP said; the sender cuts it so that the packet fits.
        message: String,
    },
    /// From the worker: it has served enough and would like a successor.
    WantsRecycle {
        /// Its name.
        worker: WorkerId,
    },
    /// From the worker: it could not be put back to where it was before a request, and ends.
    NotRewound {
        /// Its name.
        worker: WorkerId,
        /// What stood in the way.
        reason: String,
        /// Whether that is so before any request, and not because of what one did.
        is_lasting: bool,
    },
    /// What PHP code a worker ran when it was looked at.
    Traced {
        /// Its name.
        worker: WorkerId,
        /// A line for each call, innermost first; none when PHP ran no code.
        frames: Vec<String>,
    },
    /// Why a worker could not be looked at.
    TraceFailed {
        /// Its name.
        worker: WorkerId,
        /// What the system said.
        message: String,
    },
}

/// A template that was forked, by the order of forking; the first of a generation has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TemplateId(pub u32);

/// A process that a template has forked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Child {
    /// It takes requests.
    Worker(WorkerId),
    /// It forks workers.
    Template(TemplateId),
}

impl fmt::Display for Child {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Child::Worker(worker) => write!(out, "worker {worker}"),
            Child::Template(template) => write!(out, "template {}", template.0),
        }
    }
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ProcessEnd {
    /// It exited with this code.
    Code(i32),
    /// This signal killed it.
    Signal(i32),
}

impl fmt::Display for ProcessEnd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ProcessEnd::Code(code) => write!(out, "exit code {code}"),
            ProcessEnd::Signal(signal) => write!(out, "signal {signal}"),
        }
    }
}

/// What a generation boots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateConfig {
    /// The script that boots the application once; `None` is classic mode, a script per request.
    pub script: Option<PathBuf>,
    /// The document root.
    pub root: PathBuf,
    /// Settings of `php.ini`, applied in order.
    pub ini: Vec<(String, String)>,
    /// How the workers of each pool run PHP, in the order of their exchanges.
    pub pools: Vec<Isolation>,
    /// Which generation this is, counted from 1.
    pub generation: u32,
    /// Whether replies say who gave them: `Askr-Generation` and `Askr-Worker`.
    pub debug: bool,
}

/// What a request shares with those before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Isolation {
    /// The application, booted once by each worker; it is reset between requests.
    Worker {
        /// Workers are forked from a template that has booted the application.
        cow: bool,
    },
    /// Nothing but what was booted: each runs in a child of its own of a template that has booted
    /// the application.
    Fork,
    /// Nothing: a script per request, the FPM model.
    Request,
}

impl Isolation {
    /// Whether workers are forked from a template that has booted the application.
    #[must_use]
    pub fn needs_booted_template(self) -> bool {
        matches!(self, Isolation::Worker { cow: true } | Isolation::Fork)
    }
}
