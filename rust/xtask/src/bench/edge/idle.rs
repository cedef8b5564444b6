//! Connections that stay after an answer: what each costs, and what the others notice of them.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use super::{Certificate, EdgeError};
use crate::bench::client::Client;
use crate::bench::processes;
use crate::bench::result::{Finding, Results, median};
use crate::bench::row::{Row, ServerKind, Site};
use crate::bench::server::{Bench, Server};
use crate::bench::traffic::{self, Turn};
use crate::files;

const CONNECTIONS: u32 = 2000;

/// What one of them may cost.
const KB_MAX: f64 = 20.0;

/// Connections of the client that works meanwhile.
const WORKING: usize = 4;

/// Connections before all others, which need what main has not needed yet.
const FIRST: u32 = 8;

/// How long it is looked at, each time.
const LASTS: Duration = Duration::from_secs(2);

/// How often, of which the median counts.
const TIMES: usize = 3;

/// What a p99 may vary by without meaning anything, on a machine that clients share.
const RATIO_MAX: f64 = 1.25;

pub(super) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), EdgeError> {
    with(bench, site, ("in the clear", "tcp"), results)?;
    let encrypted = Site {
        certificate: Some(Certificate::create(bench.folder)?),
        ..site.clone()
    };
    with(bench, &encrypted, ("over TLS", "tls"), results)
}

fn with(
    bench: &Bench<'_>,
    site: &Site,
    (how, transport): (&str, &str),
    results: &mut Results,
) -> Result<(), EdgeError> {
    let server = Server::start(bench, ServerKind::AskrWorker, site)?;
    let address = format!("{transport}://{}", server.address);
    // What the first connections need once is not theirs.
    Crowd::gather(bench, &address, FIRST)?.leave()?;
    let is_clear = site.certificate.is_none();
    let calm_ms = is_clear.then(|| p99_ms(&server, results)).transpose()?;
    let before_kb = main_kb(&server)?;
    let crowd = Crowd::gather(bench, &address, CONNECTIONS)?;
    let after_kb = main_kb(&server)?;
    let row = Row::Idle.name();
    let each_kb = f64::from(after_kb.saturating_sub(before_kb)) / f64::from(CONNECTIONS);
    let what = format!("memory of main for each of {CONNECTIONS} idle connections {how}");
    let finding = Finding::new(row, what, each_kb, "KiB");
    results.find_out(finding.at_most(KB_MAX, "< 20"));
    if let Some(calm_ms) = calm_ms {
        let busy_ms = p99_ms(&server, results)?;
        for (what, ms) in [("without", calm_ms), ("with", busy_ms)] {
            let what = format!("p99 of a client that works, {what} {CONNECTIONS} idle ones");
            results.find_out(Finding::new(row, what, ms, "ms"));
        }
        let what = "p99 of a client that works: with ÷ without idle ones";
        let ratio = Finding::new(row, what, busy_ms / calm_ms, "");
        results.find_out(ratio.at_most(RATIO_MAX, "≤ 1.25"));
    }
    crowd.leave()
}

/// The median of several looks.
fn p99_ms(server: &Server, results: &mut Results) -> Result<f64, EdgeError> {
    let mut looks = Vec::new();
    for _ in 0..TIMES {
        let turn = |client: &mut Client, _| Turn::get(client, Row::Idle.path(), Row::Idle.marker());
        let wait = || thread::sleep(LASTS);
        let ((), tally) = traffic::during(server.address, WORKING, turn, wait)?;
        tally.tell();
        looks.push(tally.within_ms(0.99));
        if tally.failed > 0 {
            let what = "requests of the client that works that failed";
            let failed = Finding::count(Row::Idle.name(), what, tally.failed);
            results.find_out(failed.at_most(0.0, "0"));
        }
    }
    Ok(median(looks))
}

fn main_kb(server: &Server) -> Result<u32, EdgeError> {
    let pid = server.main();
    let kb = processes::private_kb(pid).and_then(|kb| kb.try_into().ok());
    kb.ok_or(EdgeError::Unreadable { pid })
}

/// A process of PHP that keeps connections.
struct Crowd(Child);

impl Crowd {
    /// Waits until all of them have had an answer.
    fn gather(bench: &Bench<'_>, address: &str, count: u32) -> Result<Crowd, EdgeError> {
        let script = bench.folder.join("idle.php");
        files::write(&script, include_str!("idle.php"))?;
        let child = Command::new(&bench.engine.php)
            .arg(&script)
            .arg(address)
            .arg(count.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let mut crowd = Crowd(child.map_err(EdgeError::Crowd)?);
        let said = crowd.0.stdout.take().map(BufReader::new);
        let said = said.and_then(|said| said.lines().next()).transpose();
        match said.map_err(EdgeError::Crowd)? {
            Some(line) if line == "there" => Ok(crowd),
            other => Err(missing(other.unwrap_or_default())),
        }
    }

    /// Has it look whether all of them are still there, and end.
    fn leave(mut self) -> Result<(), EdgeError> {
        if let Some(mut input) = self.0.stdin.take() {
            input.write_all(b"\n").map_err(EdgeError::Crowd)?;
        }
        match self.0.wait().map_err(EdgeError::Crowd)? {
            status if status.success() => Ok(()),
            status => Err(missing(format!("it ended with {status}"))),
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _status = self.0.wait();
    }
}

fn missing(why: String) -> EdgeError {
    EdgeError::Crowd(std::io::Error::other(why))
}
