//! What slow requests do to the others, with and without a pool of their own.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use super::client::{Client, ClientError};
use super::result::{Finding, Results};
use super::row::{Row, ServerKind, Site};
use super::server::{Bench, Server, ServerError};
use super::traffic::{self, Tally, Turn};

const CONNECTIONS: usize = 16;

const WORKERS: usize = 2;

/// One request of so many is slow.
const STRIDE: usize = 100;

const SLOW: &str = "/slow?ms=500";
const SLOW_MARKER: &str = "\"slept_ms\":500";

const POOL: &str = "--pool=slow paths=/slow workers=1..2";

const LASTS: Duration = Duration::from_secs(6);

/// What slow requests may make of the others' 99th percentile.
const RATIO_MAX: f64 = 3.0;

/// Why there is no figure.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SlowError {
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// The 99th percentile of the others: without slow requests, with them, and with them in a pool.
pub(crate) fn measure(
    bench: &Bench<'_>,
    site: &Site,
    results: &mut Results,
) -> Result<(), SlowError> {
    let shared = Bench {
        workers: WORKERS,
        ..bench.clone()
    };
    let pooled = Bench {
        arguments: vec![POOL.to_owned()],
        ..shared.clone()
    };
    let server = Server::start(&pooled, ServerKind::AskrWorker, site)?;
    let calm = visit(&server, false)?;
    let apart = visit(&server, true)?;
    drop(server);
    let server = Server::start(&shared, ServerKind::AskrWorker, site)?;
    let together = visit(&server, true)?;
    for (name, tally) in [
        ("no slow requests", &calm),
        ("slow ones in a pool of their own", &apart),
        ("slow ones among the others", &together),
    ] {
        tell(name, tally, results);
    }
    let calm_ms = calm.within_ms(0.99);
    let row = Row::Slow.name();
    let ratio = Finding::new(
        row,
        "p99 of the others with the pool ÷ without slow requests",
        apart.within_ms(0.99) / calm_ms,
        "",
    );
    results.find_out(ratio.at_most(RATIO_MAX, "≤ 3"));
    let ratio = together.within_ms(0.99) / calm_ms;
    let what = "p99 of the others without the pool ÷ without slow requests";
    results.find_out(Finding::new(row, what, ratio, ""));
    Ok(())
}

fn tell(name: &str, tally: &Tally, results: &mut Results) {
    tally.tell();
    let row = Row::Slow.name();
    for (what, value, unit) in [
        ("p99 of the others", tally.within_ms(0.99), "ms"),
        ("others", tally.rate().round(), "requests/s"),
    ] {
        results.find_out(Finding::new(row, format!("{name}: {what}"), value, unit));
    }
    let failed = Finding::count(row, format!("{name}: requests that failed"), tally.failed);
    results.find_out(failed.at_most(0.0, "0"));
}

fn visit(server: &Server, with_slow: bool) -> Result<Tally, SlowError> {
    let sent = AtomicUsize::new(1);
    let turn = |client: &mut Client, _| {
        let number = sent.fetch_add(1, Ordering::Relaxed);
        if !with_slow || !number.is_multiple_of(STRIDE) {
            return Turn::get(client, Row::Slow.path(), Row::Slow.marker());
        }
        match Turn::get(client, SLOW, SLOW_MARKER) {
            Turn::Right => Turn::Aside,
            other => other,
        }
    };
    let wait = || thread::sleep(LASTS);
    let ((), tally) = traffic::during(server.address, CONNECTIONS, turn, wait)?;
    Ok(tally)
}
