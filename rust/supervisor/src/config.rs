//! What to run and how many of it.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use askr_exchange::control::TemplateConfig;

/// Everything a [`Supervisor`](crate::Supervisor) needs to know.
#[derive(Clone, Debug)]
pub struct SupervisorConfig {
    /// Workers to keep ready.
    pub workers: u16,
    /// Seats of the exchange; at least two for each worker, since a replacement is ready first.
    pub seat_count: u16,
    /// Requests after which a worker is replaced; 0 is never.
    pub max_requests: u64,
    /// Failures after which a server that never became ready gives up.
    pub boot_attempts_max: u32,
    /// How long the engine, or a worker, may take to boot.
    pub boot_timeout: Duration,
    /// What the template boots.
    pub template: TemplateConfig,
    /// How the template process is started.
    pub program: Program,
}

/// A program and its arguments.
#[derive(Clone, Debug)]
pub struct Program {
    /// The executable.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Environment variables it gets on top of ours, or is not to inherit (`None`).
    pub variables: Vec<(OsString, Option<OsString>)>,
    /// Where its standard output and error go; `None` is where ours go.
    pub output: Option<Arc<OwnedFd>>,
}

impl SupervisorConfig {
    /// Failures after which a server that never became ready gives up.
    pub const BOOT_ATTEMPTS_MAX: u32 = 3;
    /// How long the engine, or a worker, may take to boot.
    pub const BOOT_TIMEOUT: Duration = Duration::from_secs(60);

    /// One worker per core of the machine's share, never recycled, in this program's own template.
    #[must_use]
    pub fn new(template: TemplateConfig, workers: u16) -> Self {
        Self {
            workers,
            seat_count: workers.saturating_mul(2).saturating_add(2),
            max_requests: 0,
            boot_attempts_max: Self::BOOT_ATTEMPTS_MAX,
            boot_timeout: Self::BOOT_TIMEOUT,
            template,
            program: Program::own_template(),
        }
    }
}

impl Program {
    /// `askr template` by this same executable, also when the file has been replaced meanwhile.
    #[must_use]
    pub fn own_template() -> Self {
        Self {
            path: PathBuf::from("/proc/self/exe"),
            arguments: vec![OsString::from("template")],
            variables: Vec::new(),
            output: None,
        }
    }
}
