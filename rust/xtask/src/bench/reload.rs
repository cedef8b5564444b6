//! A hundred reloads under load, each to the other of two releases.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::client::{Client, ClientError, Response};
use super::console::{Console, ConsoleError};
use super::releases::Releases;
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::traffic::{self, Tally, Turn, quantile_ms};
use crate::checkout::Checkout;
use crate::files::FileError;

const RELOADS: usize = 100;

/// Every so many reloads one has a canary; a window for each would take minutes.
const CANARY_STRIDE: usize = 10;

const CANARY_WINDOW: &str = "--canary-window=1s";

/// How long requests come in after a reload returned, and before the next.
const BETWEEN: Duration = Duration::from_millis(150);

const CONNECTIONS: usize = 8;

/// Every so many requests one asks for a static file.
const FILE_STRIDE: usize = 10;

const NAMES: [&str; 2] = ["a", "b"];

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReloadError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Client(#[from] ClientError),
    #[error(transparent)]
    Releases(#[from] FileError),
    #[error(transparent)]
    Console(#[from] ConsoleError),
    /// A release that is good was not taken.
    #[error("reload {number} did not succeed; the command said:\n{said}")]
    Refused { number: usize, said: String },
}

/// What the server is to answer.
#[derive(Debug, Default)]
struct Epoch {
    /// Even when as many reloads as half of it have returned, odd while one runs.
    number: AtomicUsize,
    /// Answers that only one release was allowed to give.
    judged: AtomicUsize,
}

/// Reloads in worker mode and with `--cow`, half of them each.
pub(crate) fn measure(
    checkout: &Checkout,
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), ReloadError> {
    let releases = Releases::create(checkout, &bench.folder.join("releases"))?;
    for name in NAMES {
        releases.add(name)?;
    }
    let site = releases.site(site);
    for (kind, name) in [
        (ServerKind::AskrWorker, "worker mode"),
        (ServerKind::AskrCow, "`--cow`"),
    ] {
        releases.point_to(NAMES[0])?;
        let console = Console::new(bench, kind.name());
        let bench = Bench {
            arguments: vec![console.option(), CANARY_WINDOW.to_owned()],
            ..bench.clone()
        };
        let server = Server::start(&bench, kind, &site)?;
        reloads(&server, &console, &releases, name, results)?;
    }
    Ok(())
}

fn reloads(
    server: &Server,
    console: &Console,
    releases: &Releases,
    name: &str,
    results: &mut Results,
) -> Result<(), ReloadError> {
    let epoch = Epoch::default();
    let turn = |client: &mut Client, number| ask(client, number, &epoch);
    let all = || -> Result<[Vec<Duration>; 2], ReloadError> {
        let mut times = [Vec::new(), Vec::new()];
        for number in 1..=RELOADS / 2 {
            releases.point_to(NAMES[number % 2])?;
            let has_canary = number % CANARY_STRIDE == 0;
            epoch.step();
            let ended = if has_canary {
                console.run(&["reload"])?
            } else {
                console.run(&["reload", "--no-canary"])?
            };
            epoch.step();
            if !ended.is_success {
                let said = ended.said;
                return Err(ReloadError::Refused { number, said });
            }
            times[usize::from(has_canary)].push(ended.took);
            thread::sleep(BETWEEN);
        }
        Ok(times)
    };
    let (times, tally) = traffic::during(server.address, CONNECTIONS, turn, all)?;
    tally.tell();
    tell(name, times?, &tally, results);
    let judged = u64::try_from(epoch.judged.into_inner()).unwrap_or(u64::MAX);
    let what = format!("{name}: answers to requests sent after a reload returned");
    results.find_out(Finding::count(Row::Reload.name(), what, judged));
    Ok(())
}

fn tell(name: &str, times: [Vec<Duration>; 2], tally: &Tally, results: &mut Results) {
    let row = Row::Reload.name();
    let count: usize = times.iter().map(Vec::len).sum();
    for (mut times, canary) in times.into_iter().zip(["", " with a canary window of 1 s"]) {
        times.sort_unstable();
        let what = format!("{name}: a reload{canary}, median");
        results.find_out(Finding::new(row, what, quantile_ms(&times, 0.5), "ms"));
    }
    let what = format!("{name}: p99 of the answers meanwhile");
    results.find_out(Finding::new(row, what, tally.within_ms(0.99), "ms"));
    let what = format!(
        "{name}: requests that failed or were answered by old code, of {} in {count} reloads",
        tally.right + tally.failed
    );
    results.find_out(Finding::count(row, what, tally.failed).at_most(0.0, "0"));
}

/// One request, whose answer has to come from the release that is current, if only one can be.
fn ask(client: &mut Client, number: usize, epoch: &Epoch) -> Turn {
    let is_file = number.is_multiple_of(FILE_STRIDE);
    let path = if is_file { "/release.txt" } else { "/release" };
    let before = epoch.now();
    let response = match client.get(path) {
        Ok(response) => response,
        Err(error) => return Turn::lost(path, &error),
    };
    let allowed = allowed(before, epoch.now());
    if allowed.len() == 1 {
        epoch.judged.fetch_add(1, Ordering::Relaxed);
    }
    if allowed.iter().any(|name| is_from(&response, name, is_file)) {
        return Turn::Right;
    }
    let text = String::from_utf8_lossy(&response.body);
    let start: String = text.chars().take(200).collect();
    Turn::Failed(format!(
        "{path} was answered {} in epoch {before}, not by one of {allowed:?}: {start}",
        response.status
    ))
}

/// The releases that may answer a request that was sent and answered in these epochs.
fn allowed(before: usize, after: usize) -> &'static [&'static str] {
    if before == after && before.is_multiple_of(2) {
        let index = before / 2 % 2;
        return &NAMES[index..=index];
    }
    &NAMES
}

fn is_from(response: &Response, name: &str, is_file: bool) -> bool {
    let text = if is_file {
        format!("release {name}\n")
    } else {
        format!("{{\"class\":\"{name}\",\"configuration\":\"{name}\"}}")
    };
    response.status == 200 && response.body == text.as_bytes()
}

impl Epoch {
    fn now(&self) -> usize {
        self.number.load(Ordering::SeqCst)
    }

    fn step(&self) {
        self.number.fetch_add(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn between_reloads_only_the_current_release_may_answer() {
        assert_eq!(allowed(0, 0), ["a"]);
        assert_eq!(allowed(2, 2), ["b"]);
        assert_eq!(allowed(4, 4), ["a"]);
    }

    #[test]
    fn during_a_reload_both_may() {
        assert_eq!(allowed(1, 1), NAMES);
        assert_eq!(allowed(0, 1), NAMES);
        assert_eq!(allowed(1, 2), NAMES);
    }
}
