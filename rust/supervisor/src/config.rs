//! What to run and how many of it.
#![forbid(unsafe_code)]

use std::ffi::OsString;
use std::fmt;
use std::ops::RangeInclusive;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use askr_exchange::control::{Isolation, TemplateConfig};
use askr_exchange::{GatewayEnd, SEAT_COUNT_MAX, WorkerId};

use crate::canary::Thresholds;
use crate::reaper::Household;
use crate::watchdog::Deadlines;
use crate::wear::Endurance;

/// Everything a [`Supervisor`](crate::Supervisor) needs to know.
#[derive(Debug)]
pub struct SupervisorConfig {
    /// The pools, in the order of [`TemplateConfig::pools`]; there is at least one.
    pub pools: Vec<PoolConfig>,
    /// Failures after which a server that never became ready gives up.
    pub boot_attempts_max: u32,
    /// How long the engine, a template or a worker may take to boot.
    pub boot_timeout: Duration,
    /// How long the templates of the generation before are kept for a rollback.
    pub rollback_keep: Duration,
    /// By what the first worker of a new generation is judged; a window of zero is no trial.
    pub canary: Thresholds,
    /// Asks a canary that nobody else asks anything; without one it passes when its window is over.
    pub probe: Option<Probe>,
    /// When a worker is replaced because of what became of it.
    pub endurance: Endurance,
    /// Requests after which a copy-on-write worker becomes the template of the others; 0 is never.
    pub refork_after: u64,
    /// Stays when nothing boots any more, without a process, until a reload; else it ends.
    pub rests: bool,
    /// The first templates of this fleet and of those beside it in the process.
    pub household: Household,
    /// Says what a generation runs.
    pub releases: Releases,
}

/// One pool.
#[derive(Clone, Debug)]
pub struct PoolConfig {
    /// Its name, for logs and status.
    pub name: String,
    /// What its requests share.
    pub isolation: Isolation,
    /// Workers to keep ready, at least and at most.
    pub workers: RangeInclusive<u16>,
    /// Requests after which a worker is replaced; 0 is never.
    pub max_requests: u64,
    /// How long its requests may take.
    pub deadlines: Deadlines,
}

/// What a generation runs.
#[derive(Clone, Debug)]
pub struct Release {
    /// What its first template boots. The number of the generation is filled in.
    pub template: TemplateConfig,
    /// How its first template is started.
    pub program: Program,
}

/// Sends a request to one worker, and tells the status of its reply, or why there was none.
pub struct Probe(Box<Ask>);

type Ask = dyn Fn(GatewayEnd, WorkerId) -> Answer;
/// Resolves to what became of a probe.
pub(crate) type Answer = Pin<Box<dyn Future<Output = Result<u16, String>>>>;

/// Finds out, for each new generation anew, what it runs: where the release lies, which may be
/// given, and what `current` points at now.
pub struct Releases(Box<Resolve>);

/// Says why not, for the log and whoever asked for a reload.
type Resolve = dyn FnMut(Option<&Path>) -> Result<Release, String> + Send;

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
    /// The memory of the store that its processes have with all others, if there is one.
    pub store: Option<Arc<OwnedFd>>,
}

impl SupervisorConfig {
    /// Failures after which a server that never became ready gives up.
    pub const BOOT_ATTEMPTS_MAX: u32 = 3;
    /// How long the engine, or a worker, may take to boot.
    pub const BOOT_TIMEOUT: Duration = Duration::from_secs(60);
    /// How long the templates of the generation before are kept for a rollback.
    pub const ROLLBACK_KEEP: Duration = Duration::from_secs(600);

    /// These pools, whose workers run what `releases` says.
    #[must_use]
    pub fn new(pools: Vec<PoolConfig>, releases: Releases) -> Self {
        Self {
            pools,
            boot_attempts_max: Self::BOOT_ATTEMPTS_MAX,
            boot_timeout: Self::BOOT_TIMEOUT,
            rollback_keep: Self::ROLLBACK_KEEP,
            canary: Thresholds::default(),
            probe: None,
            endurance: Endurance::default(),
            refork_after: 0,
            rests: false,
            household: Household::default(),
            releases,
        }
    }
}

impl PoolConfig {
    /// The name of the pool that takes what no other does.
    pub const DEFAULT_NAME: &str = "http";

    /// Most workers that may be ready at a time.
    pub const POSTS_MAX: u16 = (SEAT_COUNT_MAX - CANARY_SEATS) / 2;

    /// That many workers, never recycled.
    #[must_use]
    pub fn new(name: &str, isolation: Isolation, workers: u16) -> Self {
        Self {
            name: name.to_owned(),
            isolation,
            workers: workers..=workers,
            max_requests: 0,
            deadlines: Deadlines::default(),
        }
    }

    /// Whether each worker takes one request and ends, instead of being put back after it.
    pub(crate) fn takes_one(&self) -> bool {
        self.isolation == Isolation::Fork && self.max_requests == 1
    }

    /// Posts that are to be filled when it has `workers`: where each of them `takes_one` request only,
    /// some wait ahead, so that whoever comes next need not wait for a fork.
    pub(crate) fn posts(&self, workers: u16, takes_one: bool) -> u16 {
        let ahead = if takes_one {
            (workers / 2).max(FORKS_AHEAD_MIN)
        } else {
            0
        };
        workers.saturating_add(ahead).min(Self::POSTS_MAX)
    }

    /// Seats that its exchange must have: two for each post, since a replacement is ready before
    /// the old one leaves, and some for canaries.
    #[must_use]
    pub fn seat_count(&self) -> u16 {
        let may_take_one = self.isolation == Isolation::Fork;
        self.posts(*self.workers.end(), may_take_one) * 2 + CANARY_SEATS
    }
}

/// For a canary, and for one whose reload was given up while it had a request.
const CANARY_SEATS: u16 = 2;

/// A request that ends leaves a gap until its successor is forked: another has to be ready, and one
/// more for a client that is quick.
const FORKS_AHEAD_MIN: u16 = 2;

impl Releases {
    /// Asks `resolve`, which is given the path when a reload names one.
    pub fn new(
        resolve: impl FnMut(Option<&Path>) -> Result<Release, String> + Send + 'static,
    ) -> Self {
        Self(Box::new(resolve))
    }

    /// Always the same one.
    #[must_use]
    pub fn only(release: Release) -> Self {
        Self::new(move |path| match path {
            None => Ok(release.clone()),
            Some(path) => Err(format!("{} cannot be served instead", path.display())),
        })
    }

    pub(crate) fn resolve(&mut self, path: Option<&Path>) -> Result<Release, String> {
        self.0(path)
    }
}

impl Probe {
    /// Asks by `ask`, which is given the exchange and the worker.
    pub fn new<A>(ask: impl Fn(GatewayEnd, WorkerId) -> A + 'static) -> Self
    where
        A: Future<Output = Result<u16, String>> + 'static,
    {
        Self(Box::new(move |exchange, worker| {
            Box::pin(ask(exchange, worker))
        }))
    }

    pub(crate) fn ask(&self, exchange: GatewayEnd, worker: WorkerId) -> Answer {
        self.0(exchange, worker)
    }
}

impl fmt::Debug for Probe {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Probe")
    }
}

impl fmt::Debug for Releases {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Releases")
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
            store: None,
        }
    }
}
