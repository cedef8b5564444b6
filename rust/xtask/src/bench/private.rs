//! What one more worker costs in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use super::client::{Client, ClientError};
use super::processes;
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::traffic::{self, Turn};

/// Requests that each worker has served before its memory is looked at.
const REQUESTS: u64 = 100;

/// How long that may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Memory of a worker that shares the booted application.
const MIB_MAX: f64 = 5.0;

/// Why it is not known.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PrivateError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Client(#[from] ClientError),
    /// Not every worker took part.
    #[error("not all workers had served {REQUESTS}: {served:?}")]
    Unserved { served: BTreeMap<u32, u64> },
    /// It cannot be read.
    #[error("the memory of process {pid} cannot be read")]
    Unreadable { pid: u32 },
    /// Requests failed.
    #[error("a request failed: {example}")]
    Failed { example: String },
}

/// Cold and from a template.
pub(crate) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), PrivateError> {
    let cold = largest_mib(bench, ServerKind::AskrWorker, site)?;
    let cow = largest_mib(bench, ServerKind::AskrCow, site)?;
    let row = Row::Private.name();
    let what = "private memory of the largest worker";
    results.find_out(Finding::new(
        row,
        format!("worker mode: {what}"),
        cold,
        "MiB",
    ));
    let finding = Finding::new(row, format!("`--cow`: {what}"), cow, "MiB");
    results.find_out(finding.at_most(MIB_MAX, "≤ 5"));
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "the memory of a process is far below 2^52 KiB"
)]
fn largest_mib(bench: &Bench<'_>, kind: ServerKind, site: &Site) -> Result<f64, PrivateError> {
    let server = Server::start(bench, kind, site)?;
    let served = serve(&server, bench.workers)?;
    let mut largest = 0;
    for (pid, requests) in served {
        let kb = processes::private_kb(pid).ok_or(PrivateError::Unreadable { pid })?;
        println!(
            "   {}: process {pid} has {kb} KiB of its own after {requests} requests",
            kind.name()
        );
        largest = largest.max(kb);
    }
    Ok(largest as f64 / 1024.0)
}

/// Asks until every worker has served enough; how much each of them did.
fn serve(server: &Server, workers: usize) -> Result<BTreeMap<u32, u64>, PrivateError> {
    let served = Mutex::new(BTreeMap::new());
    let turn = |client: &mut Client, number: usize| match number % 3 {
        0 => Turn::get(client, Row::Json.path(), Row::Json.marker()),
        1 => Turn::get(client, Row::Page.path(), Row::Page.marker()),
        _ => home(client, &served),
    };
    let is_enough = || {
        let served = served.lock().expect("nobody panics with it");
        served.len() >= workers && served.values().all(|requests| *requests >= REQUESTS)
    };
    let wait = || {
        let deadline = Instant::now() + PATIENCE;
        while !is_enough() && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        is_enough()
    };
    let (was_enough, tally) = traffic::during(server.address, workers * 2, turn, wait)?;
    let served = served.into_inner().expect("nobody panicked with it");
    match tally.told.into_iter().next() {
        Some(example) => Err(PrivateError::Failed { example }),
        None if !was_enough => Err(PrivateError::Unserved { served }),
        None => Ok(served),
    }
}

/// The home page says who served it, and how much that worker has served.
fn home(client: &mut Client, served: &Mutex<BTreeMap<u32, u64>>) -> Turn {
    let page = match client.get("/") {
        Ok(response) => String::from_utf8_lossy(&response.body).into_owned(),
        Err(error) => return Turn::lost("/", &error),
    };
    let process = fact(&page, "Process").and_then(|pid| pid.try_into().ok());
    let requests = fact(&page, "Requests served by this worker");
    let Some((pid, requests)) = process.zip(requests) else {
        return Turn::Failed("the home page does not say who served it".to_owned());
    };
    let mut served = served.lock().expect("nobody panics with it");
    served.insert(pid, requests);
    Turn::Right
}

/// The number that the home page shows beside a label.
pub(super) fn fact(page: &str, label: &str) -> Option<u64> {
    let after = page.split(&format!("<dt>{label}</dt>")).nth(1)?;
    let value = after.split("<dd>").nth(1)?;
    value.split('<').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fact_is_read_from_the_page() {
        let page = "<dt>Process</dt>\n <dd>12</dd><dt>Memory in use, in KiB</dt> <dd>17</dd>";
        assert_eq!(fact(page, "Memory in use, in KiB"), Some(17));
        assert_eq!(fact(page, "Process"), Some(12));
        assert_eq!(fact(page, "Requests served by this worker"), None);
    }
}
