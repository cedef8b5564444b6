//! Runs PHP safely: one engine per process, one request at a time.
//!
//! # Responsibility
//! Engine start and stop, requests, script execution, and the callbacks through which the engine
//! asks a [`Host`] for requests and gives it output, headers and log lines.
//! # Not here
//! Where requests come from and replies go: `worker` implements [`Host`]. Engine macros and
//! globals: the C shim in `php-sys`.
//! # Invariants
//! No unwind enters C and no longjmp crosses Rust: callbacks run in `guard`, and calls that can
//! bail out end inside the shim. A [`Runtime`] proves that the engine is up, a [`Request`] that
//! one is active; neither can leave its thread.
//! # Testing
//! `tests/` runs real scripts against whichever libphp was linked; a host made for the test
//! records what the engine says.

mod callbacks;
mod command_line;
mod error;
mod guard;
mod host;
mod incoming;
mod limits;
mod request;
mod runtime;
mod stack;
mod store;

pub use command_line::{Action, CommandLine};
pub use error::{RequestError, StartError};
pub use host::{Host, Priority};
pub use incoming::Incoming;
pub use request::{Exit, Outcome, Request};
pub use runtime::{EngineConfig, Runtime};
pub use stack::{Memory, Stack};
