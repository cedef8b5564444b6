//! The messages between main and the template, one JSON document per packet.
//!
//! The control socket is an `AF_UNIX` `SOCK_SEQPACKET` pair. A packet is at most
//! [`CONTROL_BYTES_MAX`](crate::CONTROL_BYTES_MAX) bytes. Workers inherit the template's end and
//! send the last three kinds of [`ToMain`] themselves.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::ids::WorkerId;

/// Main tells the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToTemplate {
    /// Start the engine. The first message, sent once.
    Boot(TemplateConfig),
    /// Fork a worker that sits down on that seat.
    Fork {
        /// The new worker's name.
        worker: WorkerId,
        /// Requests after which it asks to be recycled; 0 = never.
        max_requests: u64,
    },
    /// Kill a worker at once.
    Kill {
        /// Which.
        worker: WorkerId,
    },
    /// End the template.
    Stop,
}

/// The template, or a worker, tells main.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ToMain {
    /// The engine runs in the template.
    EngineReady {
        /// For example `8.4.24`.
        php_version: String,
    },
    /// The engine did not start; the template ends.
    EngineFailed {
        /// What PHP said.
        message: String,
    },
    /// A worker was forked.
    Forked {
        /// Its name.
        worker: WorkerId,
        /// Its process.
        pid: u32,
    },
    /// A worker could not be forked.
    ForkFailed {
        /// Its name.
        worker: WorkerId,
        /// What the system said.
        message: String,
    },
    /// A worker ended and was reaped.
    Exited {
        /// Its name.
        worker: WorkerId,
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
    /// From the worker: the application did not boot.
    BootFailed {
        /// Its name.
        worker: WorkerId,
        /// What PHP said; the sender cuts it so that the packet fits.
        message: String,
    },
    /// From the worker: it has served enough and would like a successor.
    WantsRecycle {
        /// Its name.
        worker: WorkerId,
    },
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

/// What a template boots.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateConfig {
    /// A script per request, or one script that stays.
    pub mode: Mode,
    /// The document root.
    pub root: PathBuf,
    /// Settings of `php.ini`, applied in order.
    pub ini: Vec<(String, String)>,
}

/// How workers run PHP.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Mode {
    /// A script per request: the FPM model.
    Classic,
    /// One script that boots once and serves many requests.
    Worker {
        /// The worker script.
        script: PathBuf,
    },
}
