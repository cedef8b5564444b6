//! What can go wrong with a fleet of workers.
#![forbid(unsafe_code)]

use std::io;
use std::path::{Path, PathBuf};

/// The first template could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No socket pair, or it cannot be registered.
    #[error("no control socket")]
    Control(#[source] io::Error),
    /// The file descriptors of the exchange cannot be handed on.
    #[error("no file descriptor to hand on")]
    Handover(#[source] io::Error),
    /// The program could not be executed.
    #[error("{program} cannot be started")]
    Spawn {
        /// The executable.
        program: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// What is to be served cannot be found.
    #[error("nothing to serve: {0}")]
    Release(String),
    /// The process cannot be told when a child ends.
    #[error("no signal handler for ended children")]
    Signal(#[source] io::Error),
}

/// The fleet had to be given up; nothing of it is left running.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RunError {
    /// The engine did not start.
    #[error("PHP does not start: {message}")]
    EngineFailed {
        /// What PHP said.
        message: String,
    },
    /// No worker ever became ready.
    #[error("no worker became ready in {attempts} attempts: {message}")]
    BootFailed {
        /// How often it was tried.
        attempts: u32,
        /// What PHP said the last time.
        message: String,
    },
    /// After it had served, no worker of a pool became ready any more.
    #[error("no worker of pool {pool} becomes ready any more, {attempts} attempts: {message}")]
    CrashLoop {
        /// The pool.
        pool: String,
        /// How often it was tried.
        attempts: u32,
        /// What PHP said the last time.
        message: String,
    },
}

/// There is no socket with a name.
#[derive(Debug, thiserror::Error)]
pub enum SocketError {
    /// The system does not let us.
    #[error("socket {}", path.display())]
    Io {
        /// The socket, or its folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// The folder is none in which nobody else could put something in the socket's place.
    #[error("socket: {} {problem}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// No socket can have such a long name.
    #[error("socket: the path {} is too long", path.display())]
    TooLong {
        /// The socket.
        path: PathBuf,
    },
}

impl SocketError {
    pub(crate) fn at(path: &Path, source: io::Error) -> Self {
        Self::Io {
            path: path.to_owned(),
            source,
        }
    }
}
