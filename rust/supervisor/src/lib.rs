//! Starts, watches, recycles and replaces workers.
//!
//! # Responsibility
//! Generations of template processes, started by exec of this binary, and the workers they fork for
//! each pool: how many, on which seats, when to replace one, which code they run, when to give up,
//! how to end them all.
//! # Not here
//! Requests (`gateway`, `exchange`), PHP and fork itself (`worker`), signals and options (`cli`).
//! # Invariants
//! Every decision is made by `fleet`, which owns no process, socket or clock; the shell in
//! `supervisor` only carries out orders. What arrives on the control socket is not trusted. A
//! worker is buried in the exchange only when its process is certainly dead. No process outlives
//! [`Supervisor::run`].
//! # Testing
//! `fleet/tests.rs` plays scenarios with stepped time; `tests/processes.rs` runs a fake template.
#![deny(unsafe_code)]

mod backoff;
mod canary;
mod clock;
mod config;
mod console;
mod control;
mod error;
mod fleet;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod overdue;
mod private_memory;
mod processes;
mod reaper;
mod remote;
mod scale;
mod shutdown;
mod status;
mod supervisor;
mod sys;
mod template;
mod throttle;
mod watchdog;
mod wear;

pub use canary::Thresholds;
pub use config::{PoolConfig, Probe, Program, Release, Releases, SupervisorConfig};
pub use console::{
    Answer, Command, Console, PATH_BYTES_MAX, Question, SocketFile, Subject, check_private_folder,
    make_private_folder,
};
pub use error::{RunError, SocketError, StartError};
pub use reaper::Household;
pub use remote::{Progress, ReloadOrder, Remote};
pub use shutdown::{Shutdown, ShutdownTrigger};
pub use status::{
    HostStatus, LimitStatus, NamespaceStatus, PoolStatus, Status, StoreStatus, WorkerState,
    WorkerStatus,
};
pub use supervisor::{Readiness, Standing, Supervisor};
pub use sys::{ExchangeFds, TemplateFds, TemplateFdsError, hide_inherited_descriptors};
pub use watchdog::Deadlines;
pub use wear::Endurance;
