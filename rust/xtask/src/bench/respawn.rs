//! How long a dead worker is missing.

use std::process::Command;
use std::thread;
use std::time::{Duration, SystemTime};

use rustix::process::Signal;

use super::fetch::{self, FetchError};
use super::log::{Log, LogError};
use super::processes;
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, ENVIRONMENT, INI, Server, ServerError};
use super::traffic::quantile_ms;
use crate::files::{self, FileError};
use crate::process::{self, CommandError};

/// Deaths that are measured.
const DEATHS: usize = 50;

/// A worker that dies sooner after it was ready counts as one that cannot serve, whose replacement
/// the supervisor puts off.
const STEADY: Duration = Duration::from_millis(300);

/// What a replacement from a booted template may take.
const MS_MAX: f64 = 5.0;

/// What the supervisor logs when a worker may be given requests.
const READY: &str = "worker ready";

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RespawnError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    File(#[from] FileError),
    #[error(transparent)]
    Fork(#[from] CommandError),
    /// There is nobody to kill.
    #[error("{server} has no worker to kill")]
    NoWorker { server: &'static str },
    /// The script that forks says something else.
    #[error("the script that forks printed no times:\n{output}")]
    NoTimes { output: String },
}

/// Kills the only worker again and again, cold and warm, and forks a bare process as often.
pub(crate) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), RespawnError> {
    let bare = bare_forks(bench, site)?;
    let bare_ms = tell(results, "bare fork, death and wait", &bare, None);
    let cold = deaths(bench, ServerKind::AskrWorker, site)?;
    tell(
        results,
        "worker mode, death to replacement ready",
        &cold,
        None,
    );
    let cow = deaths(bench, ServerKind::AskrCow, site)?;
    let cow_ms = tell(
        results,
        "`--cow`, death to replacement ready",
        &cow,
        Some(MS_MAX),
    );
    let ratio = "`--cow` ÷ bare fork, medians";
    results.find_out(Finding::new(
        Row::Respawn.name(),
        ratio,
        cow_ms / bare_ms,
        "",
    ));
    Ok(())
}

/// Adds median and 99th percentile of sorted times; returns the median.
fn tell(results: &mut Results, what: &str, sorted: &[Duration], most: Option<f64>) -> f64 {
    let row = Row::Respawn.name();
    let median_ms = quantile_ms(sorted, 0.5);
    let median = Finding::new(row, format!("{what}, median"), median_ms, "ms");
    results.find_out(match most {
        Some(most) => median.at_most(most, "≤ 5"),
        None => median,
    });
    let late = quantile_ms(sorted, 0.99);
    results.find_out(Finding::new(row, format!("{what}, p99"), late, "ms"));
    median_ms
}

fn deaths(bench: &Bench<'_>, kind: ServerKind, site: &Site) -> Result<Vec<Duration>, RespawnError> {
    let bench = Bench {
        workers: 1,
        ..bench.clone()
    };
    let server = Server::start(&bench, kind, site)?;
    let mut times = Vec::new();
    for _ in 0..DEATHS {
        // It has served: what dies is a worker that works.
        fetch::checked(server.address, Row::Respawn.path(), Row::Respawn.marker())?;
        times.push(death(&server)?);
    }
    times.sort_unstable();
    Ok(times)
}

/// Kills the worker when it has lived for a while; how long until there is another.
pub(super) fn death(server: &Server) -> Result<Duration, RespawnError> {
    thread::sleep(STEADY);
    let worker = server.workers().first().copied();
    let worker = worker.ok_or(RespawnError::NoWorker {
        server: server.kind.name(),
    })?;
    let log = Log::from_now(&server.log)?;
    let since = SystemTime::now();
    processes::signal(Signal::KILL, worker);
    Ok(log.wait(READY, since)?)
}

/// The least a replacement can take: the same application, forked by a script.
fn bare_forks(bench: &Bench<'_>, site: &Site) -> Result<Vec<Duration>, RespawnError> {
    let script = bench.folder.join("bare-fork.php");
    files::write(&script, include_str!("bare_fork.php"))?;
    let mut command = Command::new(&bench.binary);
    command.arg("php").args(["-d", "opcache.enable_cli=1"]);
    for (key, value) in INI {
        command.arg("-d").arg(format!("{key}={value}"));
    }
    command.arg(&script).arg(DEATHS.to_string());
    command.envs(ENVIRONMENT.iter().copied());
    if let Some(application) = &site.application {
        command.env("ASKR_APP_BASE", application);
    }
    let output = process::read(&mut command)?;
    let times: Option<Vec<u64>> = output.lines().map(|line| line.parse().ok()).collect();
    let mut times: Vec<Duration> = match times {
        Some(times) if times.len() == DEATHS => {
            times.into_iter().map(Duration::from_micros).collect()
        }
        _ => return Err(RespawnError::NoTimes { output }),
    };
    times.sort_unstable();
    Ok(times)
}
